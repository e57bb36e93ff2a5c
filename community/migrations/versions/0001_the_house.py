"""The house: people, spaces, items, the log, jobs."""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('activity',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('verb', sa.String(length=40), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('object_kind', sa.String(length=24), nullable=False),
    sa.Column('object_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activity')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('activity', schema=None) as batch_op:
        batch_op.create_index('ix_activity_actor_id_id', ['actor_id', 'id'], unique=False)
        batch_op.create_index('ix_activity_object', ['object_kind', 'object_id', 'id'], unique=False)
        batch_op.create_index('ix_activity_space_id_id', ['space_id', 'id'], unique=False)

    op.create_table('attempt',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attempt'))
    )
    with op.batch_alter_table('attempt', schema=None) as batch_op:
        batch_op.create_index('ix_attempt_key_at', ['key', 'at'], unique=False)

    op.create_table('cursor',
    sa.Column('reader', sa.String(length=40), nullable=False),
    sa.Column('last_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('moved_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=500), nullable=True),
    sa.Column('failed_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('reader', name=op.f('pk_cursor'))
    )
    op.create_table('job',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('unique_key', sa.String(length=120), nullable=True),
    sa.Column('run_after', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('leased_until', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('done_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('given_up_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=500), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job')),
    sa.UniqueConstraint('unique_key', name=op.f('uq_job_unique_key'))
    )
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.create_index('ix_job_due', ['done_at', 'given_up_at', 'run_after'], unique=False)

    op.create_table('once',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('print', sa.String(length=64), nullable=False),
    sa.Column('ref', sa.String(length=40), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_once')),
    sa.UniqueConstraint('person_id', 'key', name=op.f('uq_once_person_id_key'))
    )
    with op.batch_alter_table('once', schema=None) as batch_op:
        batch_op.create_index('ix_once_created_at', ['created_at'], unique=False)

    op.create_table('person',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('handle', sa.String(length=40), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=True),
    sa.Column('password_changed_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('site_role', sa.String(length=16), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('time_zone', sa.String(length=40), nullable=False),
    sa.Column('location', sa.String(length=80), nullable=False),
    sa.Column('headline', sa.String(length=120), nullable=False),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('about_html', sa.Text(), nullable=False),
    sa.Column('render_version', sa.Integer(), nullable=False),
    sa.Column('skills', sa.JSON(), nullable=False),
    sa.Column('picture_key', sa.String(length=80), nullable=True),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('seen_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('email', name=op.f('uq_person_email')),
    sa.UniqueConstraint('handle', name=op.f('uq_person_handle'))
    )
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.create_index('ix_person_name', ['name'], unique=False)
        batch_op.create_index('ix_person_status_name', ['status', 'name'], unique=False)

    op.create_table('space',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('cohort_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('slug', sa.String(length=60), nullable=False),
    sa.Column('aim', sa.Text(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('sponsor', sa.String(length=120), nullable=False),
    sa.Column('join_policy', sa.String(length=8), nullable=False),
    sa.Column('visibility', sa.String(length=12), nullable=False),
    sa.Column('status', sa.String(length=8), nullable=False),
    sa.Column('tools', sa.JSON(), nullable=False),
    sa.Column('time_zone', sa.String(length=40), nullable=False),
    sa.Column('phase_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['cohort_id'], ['space.id'], name=op.f('fk_space_cohort_id_space'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['parent_id'], ['space.id'], name=op.f('fk_space_parent_id_space'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_space')),
    sa.UniqueConstraint('slug', name=op.f('uq_space_slug'))
    )
    with op.batch_alter_table('space', schema=None) as batch_op:
        batch_op.create_index('ix_space_cohort_id', ['cohort_id'], unique=False)
        batch_op.create_index('ix_space_parent_id', ['parent_id'], unique=False)
        batch_op.create_index('ix_space_phase_id', ['phase_id'], unique=False)
        batch_op.create_index('ix_space_visibility', ['visibility'], unique=False)

    op.create_table('event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=160), nullable=False),
    sa.Column('place', sa.String(length=160), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('starts_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('ends_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('cancelled_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_event_space_id_space'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event')),
    sa.UniqueConstraint('space_id', 'key', name=op.f('uq_event_space_id_key'))
    )
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.create_index('ix_event_space_id_starts_at', ['space_id', 'starts_at'], unique=False)

    op.create_table('invitation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.String(length=12), nullable=False),
    sa.Column('inviter_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('seats', sa.Integer(), nullable=False),
    sa.Column('used', sa.Integer(), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('expires_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('revoked_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['inviter_id'], ['person.id'], name=op.f('fk_invitation_inviter_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_invitation_space_id_space'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_invitation_token_hash'))
    )
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.create_index('ix_invitation_inviter_id', ['inviter_id'], unique=False)
        batch_op.create_index('ix_invitation_space_id', ['space_id'], unique=False)

    op.create_table('item_grant',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('object_kind', sa.String(length=24), nullable=False),
    sa.Column('object_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_item_grant_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_item_grant'))
    )
    with op.batch_alter_table('item_grant', schema=None) as batch_op:
        batch_op.create_index('ix_item_grant_object', ['object_kind', 'object_id', 'person_id'], unique=True)
        batch_op.create_index('ix_item_grant_person_id', ['person_id'], unique=False)

    op.create_table('join_request',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asked_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_join_request_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_join_request_space_id_space'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_join_request')),
    sa.UniqueConstraint('space_id', 'person_id', name=op.f('uq_join_request_space_id_person_id'))
    )
    with op.batch_alter_table('join_request', schema=None) as batch_op:
        batch_op.create_index('ix_join_request_person_id', ['person_id'], unique=False)

    op.create_table('membership',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.String(length=12), nullable=False),
    sa.Column('since', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_membership_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_membership_space_id_space'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_membership')),
    sa.UniqueConstraint('space_id', 'person_id', name=op.f('uq_membership_space_id_person_id'))
    )
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.create_index('ix_membership_person_id', ['person_id'], unique=False)

    op.create_table('notification',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('activity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('verb', sa.String(length=40), nullable=False),
    sa.Column('object_kind', sa.String(length=24), nullable=False),
    sa.Column('object_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.String(length=16), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('read_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_notification_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notification')),
    sa.UniqueConstraint('person_id', 'activity_id', name=op.f('uq_notification_person_id_activity_id'))
    )
    with op.batch_alter_table('notification', schema=None) as batch_op:
        batch_op.create_index('ix_notification_person_id_read_at_id', ['person_id', 'read_at', 'id'], unique=False)

    op.create_table('phase',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=24), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('entered_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_phase_space_id_space'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phase')),
    sa.UniqueConstraint('space_id', 'key', name=op.f('uq_phase_space_id_key')),
    sa.UniqueConstraint('space_id', 'position', name=op.f('uq_phase_space_id_position'))
    )
    with op.batch_alter_table('space', schema=None) as batch_op:
        batch_op.create_foreign_key('fk_space_phase_id_phase', 'phase', ['phase_id'], ['id'], ondelete='SET NULL')

    op.create_table('session',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('seen_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('expires_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('address', sa.String(length=45), nullable=False),
    sa.Column('agent', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_session_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_session_token_hash'))
    )
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.create_index('ix_session_expires_at', ['expires_at'], unique=False)
        batch_op.create_index('ix_session_person_id', ['person_id'], unique=False)

    op.create_table('ticket',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('purpose', sa.String(length=10), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('invited_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('expires_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('used_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['invited_by_id'], ['person.id'], name=op.f('fk_ticket_invited_by_id_person'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_ticket_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_ticket_token_hash'))
    )
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.create_index('ix_ticket_invited_by_id', ['invited_by_id'], unique=False)
        batch_op.create_index('ix_ticket_person_id_purpose', ['person_id', 'purpose'], unique=False)

    op.create_table('token',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('scope', sa.String(length=10), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('expires_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('used_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('revoked_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_token_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_token')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_token_token_hash'))
    )
    with op.batch_alter_table('token', schema=None) as batch_op:
        batch_op.create_index('ix_token_person_id', ['person_id'], unique=False)

    op.create_table('comment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('parent_kind', sa.String(length=24), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reply_to_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('author_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phase_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('as_role', sa.String(length=12), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('body_html', sa.Text(), nullable=False),
    sa.Column('excerpt', sa.String(length=240), nullable=False),
    sa.Column('render_version', sa.Integer(), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('updated_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('edited_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('deleted_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_comment_author_id_person'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['phase_id'], ['phase.id'], name=op.f('fk_comment_phase_id_phase'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['reply_to_id'], ['comment.id'], name=op.f('fk_comment_reply_to_id_comment'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_comment_space_id_space'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment'))
    )
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.create_index('ix_comment_author_id_id', ['author_id', 'id'], unique=False)
        batch_op.create_index('ix_comment_parent', ['parent_kind', 'parent_id', 'id'], unique=False)
        batch_op.create_index('ix_comment_phase_id', ['phase_id'], unique=False)
        batch_op.create_index('ix_comment_reply_to_id', ['reply_to_id'], unique=False)
        batch_op.create_index('ix_comment_space_id_id', ['space_id', 'id'], unique=False)

    op.create_table('file',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('path_key', sa.String(length=400), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('storage_key', sa.String(length=120), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('comment_count', sa.Integer(), nullable=False),
    sa.Column('audience', sa.String(length=12), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('updated_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('deleted_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('author_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phase_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_file_author_id_person'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['phase_id'], ['phase.id'], name=op.f('fk_file_phase_id_phase'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_file_space_id_space'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_file')),
    sa.UniqueConstraint('space_id', 'path_key', name=op.f('uq_file_space_id_path_key'))
    )
    with op.batch_alter_table('file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_file_author_id'), ['author_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_file_phase_id'), ['phase_id'], unique=False)
        batch_op.create_index('ix_file_space_id_updated_at', ['space_id', 'updated_at'], unique=False)

    op.create_table('page',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('path', sa.String(length=200), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('body_html', sa.Text(), nullable=False),
    sa.Column('excerpt', sa.String(length=240), nullable=False),
    sa.Column('render_version', sa.Integer(), nullable=False),
    sa.Column('editor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('comment_count', sa.Integer(), nullable=False),
    sa.Column('audience', sa.String(length=12), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('updated_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('deleted_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('author_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phase_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_page_author_id_person'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['editor_id'], ['person.id'], name=op.f('fk_page_editor_id_person'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['phase_id'], ['phase.id'], name=op.f('fk_page_phase_id_phase'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_page_space_id_space'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_page')),
    sa.UniqueConstraint('space_id', 'path', name=op.f('uq_page_space_id_path'))
    )
    with op.batch_alter_table('page', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_page_author_id'), ['author_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_page_editor_id'), ['editor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_page_phase_id'), ['phase_id'], unique=False)
        batch_op.create_index('ix_page_space_id_title', ['space_id', 'title'], unique=False)
        batch_op.create_index('ix_page_space_id_updated_at', ['space_id', 'updated_at'], unique=False)

    op.create_table('post',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('body_html', sa.Text(), nullable=False),
    sa.Column('excerpt', sa.String(length=240), nullable=False),
    sa.Column('render_version', sa.Integer(), nullable=False),
    sa.Column('edited_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('comment_count', sa.Integer(), nullable=False),
    sa.Column('audience', sa.String(length=12), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('updated_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('deleted_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('author_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phase_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_post_author_id_person'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['phase_id'], ['phase.id'], name=op.f('fk_post_phase_id_phase'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_post_space_id_space'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post'))
    )
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_post_author_id'), ['author_id'], unique=False)
        batch_op.create_index('ix_post_author_id_id', ['author_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_post_phase_id'), ['phase_id'], unique=False)
        batch_op.create_index('ix_post_space_id_id', ['space_id', 'id'], unique=False)

    op.create_table('prompt',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phase_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('text_en', sa.Text(), nullable=False),
    sa.Column('text_nl', sa.Text(), nullable=False),
    sa.Column('audience', sa.String(length=12), nullable=False),
    sa.Column('opens_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('closes_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['phase_id'], ['phase.id'], name=op.f('fk_prompt_phase_id_phase'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_prompt_space_id_space'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_prompt')),
    sa.UniqueConstraint('space_id', 'key', name=op.f('uq_prompt_space_id_key'))
    )
    with op.batch_alter_table('prompt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_prompt_phase_id'), ['phase_id'], unique=False)
        batch_op.create_index('ix_prompt_space_id_opens_at', ['space_id', 'opens_at'], unique=False)

    op.create_table('entry',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('body_html', sa.Text(), nullable=False),
    sa.Column('excerpt', sa.String(length=240), nullable=False),
    sa.Column('render_version', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('prompt_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('comment_count', sa.Integer(), nullable=False),
    sa.Column('audience', sa.String(length=12), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('updated_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('deleted_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('author_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phase_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_entry_author_id_person'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['phase_id'], ['phase.id'], name=op.f('fk_entry_phase_id_phase'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['prompt_id'], ['prompt.id'], name=op.f('fk_entry_prompt_id_prompt'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_entry_space_id_space'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_entry'))
    )
    with op.batch_alter_table('entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_entry_author_id'), ['author_id'], unique=False)
        batch_op.create_index('ix_entry_author_id_id', ['author_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_entry_phase_id'), ['phase_id'], unique=False)
        batch_op.create_index('ix_entry_prompt_id', ['prompt_id'], unique=False)
        batch_op.create_index('ix_entry_space_id_id', ['space_id', 'id'], unique=False)

    op.create_table('reaction',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('post_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=12), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_reaction_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_reaction_post_id_post'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reaction')),
    sa.UniqueConstraint('post_id', 'person_id', 'name', name=op.f('uq_reaction_post_id_person_id_name'))
    )
    with op.batch_alter_table('reaction', schema=None) as batch_op:
        batch_op.create_index('ix_reaction_person_id', ['person_id'], unique=False)

    op.create_table('revision',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('page_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('author_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('summary', sa.String(length=200), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_revision_author_id_person'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['page_id'], ['page.id'], name=op.f('fk_revision_page_id_page'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revision')),
    sa.UniqueConstraint('page_id', 'number', name=op.f('uq_revision_page_id_number'))
    )
    with op.batch_alter_table('revision', schema=None) as batch_op:
        batch_op.create_index('ix_revision_author_id', ['author_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('space', schema=None) as batch_op:
        batch_op.drop_constraint('fk_space_phase_id_phase', type_='foreignkey')

    with op.batch_alter_table('revision', schema=None) as batch_op:
        batch_op.drop_index('ix_revision_author_id')

    op.drop_table('revision')
    with op.batch_alter_table('reaction', schema=None) as batch_op:
        batch_op.drop_index('ix_reaction_person_id')

    op.drop_table('reaction')
    with op.batch_alter_table('entry', schema=None) as batch_op:
        batch_op.drop_index('ix_entry_space_id_id')
        batch_op.drop_index('ix_entry_prompt_id')
        batch_op.drop_index(batch_op.f('ix_entry_phase_id'))
        batch_op.drop_index('ix_entry_author_id_id')
        batch_op.drop_index(batch_op.f('ix_entry_author_id'))

    op.drop_table('entry')
    with op.batch_alter_table('prompt', schema=None) as batch_op:
        batch_op.drop_index('ix_prompt_space_id_opens_at')
        batch_op.drop_index(batch_op.f('ix_prompt_phase_id'))

    op.drop_table('prompt')
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.drop_index('ix_post_space_id_id')
        batch_op.drop_index(batch_op.f('ix_post_phase_id'))
        batch_op.drop_index('ix_post_author_id_id')
        batch_op.drop_index(batch_op.f('ix_post_author_id'))

    op.drop_table('post')
    with op.batch_alter_table('page', schema=None) as batch_op:
        batch_op.drop_index('ix_page_space_id_updated_at')
        batch_op.drop_index('ix_page_space_id_title')
        batch_op.drop_index(batch_op.f('ix_page_phase_id'))
        batch_op.drop_index(batch_op.f('ix_page_editor_id'))
        batch_op.drop_index(batch_op.f('ix_page_author_id'))

    op.drop_table('page')
    with op.batch_alter_table('file', schema=None) as batch_op:
        batch_op.drop_index('ix_file_space_id_updated_at')
        batch_op.drop_index(batch_op.f('ix_file_phase_id'))
        batch_op.drop_index(batch_op.f('ix_file_author_id'))

    op.drop_table('file')
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.drop_index('ix_comment_space_id_id')
        batch_op.drop_index('ix_comment_reply_to_id')
        batch_op.drop_index('ix_comment_phase_id')
        batch_op.drop_index('ix_comment_parent')
        batch_op.drop_index('ix_comment_author_id_id')

    op.drop_table('comment')
    with op.batch_alter_table('token', schema=None) as batch_op:
        batch_op.drop_index('ix_token_person_id')

    op.drop_table('token')
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.drop_index('ix_ticket_person_id_purpose')
        batch_op.drop_index('ix_ticket_invited_by_id')

    op.drop_table('ticket')
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.drop_index('ix_session_person_id')
        batch_op.drop_index('ix_session_expires_at')

    op.drop_table('session')
    op.drop_table('phase')
    with op.batch_alter_table('notification', schema=None) as batch_op:
        batch_op.drop_index('ix_notification_person_id_read_at_id')

    op.drop_table('notification')
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.drop_index('ix_membership_person_id')

    op.drop_table('membership')
    with op.batch_alter_table('join_request', schema=None) as batch_op:
        batch_op.drop_index('ix_join_request_person_id')

    op.drop_table('join_request')
    with op.batch_alter_table('item_grant', schema=None) as batch_op:
        batch_op.drop_index('ix_item_grant_person_id')
        batch_op.drop_index('ix_item_grant_object')

    op.drop_table('item_grant')
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.drop_index('ix_invitation_space_id')
        batch_op.drop_index('ix_invitation_inviter_id')

    op.drop_table('invitation')
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.drop_index('ix_event_space_id_starts_at')

    op.drop_table('event')
    with op.batch_alter_table('space', schema=None) as batch_op:
        batch_op.drop_index('ix_space_visibility')
        batch_op.drop_index('ix_space_phase_id')
        batch_op.drop_index('ix_space_parent_id')
        batch_op.drop_index('ix_space_cohort_id')

    op.drop_table('space')
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_index('ix_person_status_name')
        batch_op.drop_index('ix_person_name')

    op.drop_table('person')
    with op.batch_alter_table('once', schema=None) as batch_op:
        batch_op.drop_index('ix_once_created_at')

    op.drop_table('once')
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.drop_index('ix_job_due')

    op.drop_table('job')
    op.drop_table('cursor')
    with op.batch_alter_table('attempt', schema=None) as batch_op:
        batch_op.drop_index('ix_attempt_key_at')

    op.drop_table('attempt')
    with op.batch_alter_table('activity', schema=None) as batch_op:
        batch_op.drop_index('ix_activity_space_id_id')
        batch_op.drop_index('ix_activity_object')
        batch_op.drop_index('ix_activity_actor_id_id')

    op.drop_table('activity')
