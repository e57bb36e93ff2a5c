"""How posts are made: polls, praise, accepted answers, files, previews, earlier words, drafts."""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('post_draft',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('author_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('space_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('audience', sa.String(length=12), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('publish_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('problem', sa.String(length=300), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('updated_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['person.id'], name=op.f('fk_post_draft_author_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['space_id'], ['space.id'], name=op.f('fk_post_draft_space_id_space'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post_draft'))
    )
    with op.batch_alter_table('post_draft', schema=None) as batch_op:
        batch_op.create_index('ix_post_draft_author_id_id', ['author_id', 'id'], unique=False)
        batch_op.create_index('ix_post_draft_space_id', ['space_id'], unique=False)
    op.create_table('attachment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('post_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('draft_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('storage_key', sa.String(length=120), nullable=False),
    sa.Column('alt', sa.String(length=300), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['draft_id'], ['post_draft.id'], name=op.f('fk_attachment_draft_id_post_draft'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_attachment_post_id_post'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment'))
    )
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.create_index('ix_attachment_draft_id', ['draft_id'], unique=False)
        batch_op.create_index('ix_attachment_post_id_id', ['post_id', 'id'], unique=False)
    op.create_table('comment_revision',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('comment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['comment_id'], ['comment.id'], name=op.f('fk_comment_revision_comment_id_comment'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comment_revision')),
    sa.UniqueConstraint('comment_id', 'number', name=op.f('uq_comment_revision_comment_id_number'))
    )
    op.create_table('link_preview',
    sa.Column('post_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('description', sa.String(length=300), nullable=False),
    sa.Column('site', sa.String(length=100), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_link_preview_post_id_post'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('post_id', name=op.f('pk_link_preview'))
    )
    op.create_table('poll',
    sa.Column('post_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('several', sa.Boolean(), nullable=False),
    sa.Column('open', sa.Boolean(), nullable=False),
    sa.Column('closes_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_poll_post_id_post'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('post_id', name=op.f('pk_poll'))
    )
    op.create_table('post_revision',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('post_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_post_revision_post_id_post'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post_revision')),
    sa.UniqueConstraint('post_id', 'number', name=op.f('uq_post_revision_post_id_number'))
    )
    op.create_table('praise',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('post_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_praise_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['post_id'], ['post.id'], name=op.f('fk_praise_post_id_post'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_praise')),
    sa.UniqueConstraint('post_id', 'person_id', name=op.f('uq_praise_post_id_person_id'))
    )
    with op.batch_alter_table('praise', schema=None) as batch_op:
        batch_op.create_index('ix_praise_person_id_post_id', ['person_id', 'post_id'], unique=False)
    op.create_table('poll_option',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('post_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('words', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['poll.post_id'], name=op.f('fk_poll_option_post_id_poll'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_poll_option')),
    sa.UniqueConstraint('post_id', 'place', name=op.f('uq_poll_option_post_id_place'))
    )
    op.create_table('poll_vote',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('post_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('option_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['option_id'], ['poll_option.id'], name=op.f('fk_poll_vote_option_id_poll_option'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_poll_vote_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['post_id'], ['poll.post_id'], name=op.f('fk_poll_vote_post_id_poll'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_poll_vote')),
    sa.UniqueConstraint('option_id', 'person_id', name=op.f('uq_poll_vote_option_id_person_id'))
    )
    with op.batch_alter_table('poll_vote', schema=None) as batch_op:
        batch_op.create_index('ix_poll_vote_person_id', ['person_id'], unique=False)
        batch_op.create_index('ix_poll_vote_post_id_person_id', ['post_id', 'person_id'], unique=False)
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.add_column(sa.Column('accepted_comment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.add_column(sa.Column('attachment_count', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('has_preview', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('space', schema=None) as batch_op:
        batch_op.add_column(sa.Column('post_audience', sa.String(length=12), nullable=False, server_default=''))


def downgrade() -> None:
    with op.batch_alter_table('space', schema=None) as batch_op:
        batch_op.drop_column('post_audience')
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.drop_column('has_preview')
        batch_op.drop_column('attachment_count')
        batch_op.drop_column('accepted_comment_id')
    with op.batch_alter_table('poll_vote', schema=None) as batch_op:
        batch_op.drop_index('ix_poll_vote_post_id_person_id')
        batch_op.drop_index('ix_poll_vote_person_id')
    op.drop_table('poll_vote')
    op.drop_table('poll_option')
    with op.batch_alter_table('praise', schema=None) as batch_op:
        batch_op.drop_index('ix_praise_person_id_post_id')
    op.drop_table('praise')
    op.drop_table('post_revision')
    op.drop_table('poll')
    op.drop_table('link_preview')
    op.drop_table('comment_revision')
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.drop_index('ix_attachment_post_id_id')
        batch_op.drop_index('ix_attachment_draft_id')
    op.drop_table('attachment')
    with op.batch_alter_table('post_draft', schema=None) as batch_op:
        batch_op.drop_index('ix_post_draft_space_id')
        batch_op.drop_index('ix_post_draft_author_id_id')
    op.drop_table('post_draft')
