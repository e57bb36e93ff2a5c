"""People: accounts and how they are proven, profiles, handles, pictures, sessions and invitations."""
