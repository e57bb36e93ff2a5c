"""The stream: how posts are arranged, topics, mentions, visits, bookmarks, addresses for readers of feeds."""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('topic',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('names', sa.JSON(), nullable=False),
    sa.Column('description', sa.String(length=500), nullable=False),
    sa.Column('merged_into_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['merged_into_id'], ['topic.id'], name=op.f('fk_topic_merged_into_id_topic'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_topic')),
    sa.UniqueConstraint('key', name=op.f('uq_topic_key'))
    )
    with op.batch_alter_table('topic', schema=None) as batch_op:
        batch_op.create_index('ix_topic_merged_into_id', ['merged_into_id'], unique=False)

    op.create_table('bookmark',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('object_kind', sa.String(length=24), nullable=False),
    sa.Column('object_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('remind_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_bookmark_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bookmark')),
    sa.UniqueConstraint('person_id', 'object_kind', 'object_id', name=op.f('uq_bookmark_person_id_object_kind_object_id'))
    )
    with op.batch_alter_table('bookmark', schema=None) as batch_op:
        batch_op.create_index('ix_bookmark_person_id_id', ['person_id', 'id'], unique=False)
        batch_op.create_index('ix_bookmark_remind_at', ['remind_at'], unique=False)

    op.create_table('feed_key',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('created_at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.Column('used_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.Column('revoked_at', community.extensions.UTCTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_feed_key_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feed_key')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_feed_key_token_hash'))
    )
    with op.batch_alter_table('feed_key', schema=None) as batch_op:
        batch_op.create_index('ix_feed_key_person_id', ['person_id'], unique=False)

    op.create_table('mention',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('object_kind', sa.String(length=24), nullable=False),
    sa.Column('object_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('on_kind', sa.String(length=24), nullable=False),
    sa.Column('on_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_mention_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mention')),
    sa.UniqueConstraint('object_kind', 'object_id', 'person_id', name=op.f('uq_mention_object_kind_object_id_person_id'))
    )
    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.create_index('ix_mention_person_id_on', ['person_id', 'on_kind', 'on_id'], unique=False)

    op.create_table('topic_follow',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('topic_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_topic_follow_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_topic_follow_topic_id_topic'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_topic_follow')),
    sa.UniqueConstraint('person_id', 'topic_id', name=op.f('uq_topic_follow_person_id_topic_id'))
    )
    with op.batch_alter_table('topic_follow', schema=None) as batch_op:
        batch_op.create_index('ix_topic_follow_topic_id', ['topic_id'], unique=False)

    op.create_table('topic_use',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('topic_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('object_kind', sa.String(length=24), nullable=False),
    sa.Column('object_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], name=op.f('fk_topic_use_topic_id_topic'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_topic_use')),
    sa.UniqueConstraint('object_kind', 'object_id', 'topic_id', name=op.f('uq_topic_use_object_kind_object_id_topic_id'))
    )
    with op.batch_alter_table('topic_use', schema=None) as batch_op:
        batch_op.create_index('ix_topic_use_topic_id_id', ['topic_id', 'id'], unique=False)

    op.create_table('visit',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('place', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seen_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', community.extensions.UTCTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_visit_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit')),
    sa.UniqueConstraint('person_id', 'place', name=op.f('uq_visit_person_id_place'))
    )
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.add_column(sa.Column('pinned_at', community.extensions.UTCTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('pinned_until', community.extensions.UTCTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('hidden_at', community.extensions.UTCTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('archived_at', community.extensions.UTCTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('locked_at', community.extensions.UTCTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('shared_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch_op.create_index('ix_post_archived_at', ['space_id', 'archived_at'], unique=False, sqlite_where=sa.text('archived_at IS NOT NULL'), postgresql_where=sa.text('archived_at IS NOT NULL'))
        batch_op.create_index('ix_post_hidden_at', ['space_id', 'hidden_at'], unique=False, sqlite_where=sa.text('hidden_at IS NOT NULL'), postgresql_where=sa.text('hidden_at IS NOT NULL'))
        batch_op.create_index('ix_post_pinned_at', ['space_id', 'pinned_at'], unique=False, sqlite_where=sa.text('pinned_at IS NOT NULL'), postgresql_where=sa.text('pinned_at IS NOT NULL'))
        batch_op.create_index('ix_post_shared_id', ['shared_id'], unique=False)
        batch_op.create_index('ix_post_in_stream', ['space_id', 'id', 'created_at'], unique=False, sqlite_where=sa.text('hidden_at IS NULL AND archived_at IS NULL'), postgresql_where=sa.text('hidden_at IS NULL AND archived_at IS NULL'))
        batch_op.create_index('ix_post_space_id_kind_id', ['space_id', 'kind', 'id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_post_shared_id_post'), 'post', ['shared_id'], ['id'], ondelete='SET NULL')
    with op.batch_alter_table('reaction', schema=None) as batch_op:
        batch_op.create_index('ix_reaction_name_post_id', ['name', 'post_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('reaction', schema=None) as batch_op:
        batch_op.drop_index('ix_reaction_name_post_id')
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_post_shared_id_post'), type_='foreignkey')
        batch_op.drop_index('ix_post_space_id_kind_id')
        batch_op.drop_index('ix_post_in_stream', sqlite_where=sa.text('hidden_at IS NULL AND archived_at IS NULL'), postgresql_where=sa.text('hidden_at IS NULL AND archived_at IS NULL'))
        batch_op.drop_index('ix_post_shared_id')
        batch_op.drop_index('ix_post_pinned_at', sqlite_where=sa.text('pinned_at IS NOT NULL'), postgresql_where=sa.text('pinned_at IS NOT NULL'))
        batch_op.drop_index('ix_post_hidden_at', sqlite_where=sa.text('hidden_at IS NOT NULL'), postgresql_where=sa.text('hidden_at IS NOT NULL'))
        batch_op.drop_index('ix_post_archived_at', sqlite_where=sa.text('archived_at IS NOT NULL'), postgresql_where=sa.text('archived_at IS NOT NULL'))
        batch_op.drop_column('shared_id')
        batch_op.drop_column('locked_at')
        batch_op.drop_column('archived_at')
        batch_op.drop_column('hidden_at')
        batch_op.drop_column('pinned_until')
        batch_op.drop_column('pinned_at')

    op.drop_table('visit')
    with op.batch_alter_table('topic_use', schema=None) as batch_op:
        batch_op.drop_index('ix_topic_use_topic_id_id')

    op.drop_table('topic_use')
    with op.batch_alter_table('topic_follow', schema=None) as batch_op:
        batch_op.drop_index('ix_topic_follow_topic_id')

    op.drop_table('topic_follow')
    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.drop_index('ix_mention_person_id_on')

    op.drop_table('mention')
    with op.batch_alter_table('feed_key', schema=None) as batch_op:
        batch_op.drop_index('ix_feed_key_person_id')

    op.drop_table('feed_key')
    with op.batch_alter_table('bookmark', schema=None) as batch_op:
        batch_op.drop_index('ix_bookmark_remind_at')
        batch_op.drop_index('ix_bookmark_person_id_id')

    op.drop_table('bookmark')
    with op.batch_alter_table('topic', schema=None) as batch_op:
        batch_op.drop_index('ix_topic_merged_into_id')

    op.drop_table('topic')
