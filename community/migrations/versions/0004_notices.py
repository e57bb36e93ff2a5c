"""Notices: the ways by which they go, what people chose, digests."""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
MOMENT = community.extensions.UTCTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table('notification', schema=None) as batch_op:
        batch_op.add_column(sa.Column('thread_kind', sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column('thread_id', BIG, nullable=True))
        batch_op.add_column(sa.Column('in_app', sa.Boolean(), server_default=sa.true(), nullable=False))
        batch_op.add_column(sa.Column('digest', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('push', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('mail', sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column('mail_at', MOMENT, nullable=True))
        batch_op.add_column(sa.Column('mailed_at', MOMENT, nullable=True))
        batch_op.add_column(sa.Column('hidden', sa.Boolean(), server_default=sa.false(), nullable=False))
    # what was told before: a comment hangs on its thing, everything else on itself
    op.execute("UPDATE notification SET thread_kind = object_kind, thread_id = object_id")
    op.execute(
        "UPDATE notification SET"
        " thread_kind = (SELECT parent_kind FROM comment WHERE comment.id = notification.object_id),"
        " thread_id = (SELECT parent_id FROM comment WHERE comment.id = notification.object_id)"
        " WHERE object_kind = 'comment'"
        " AND EXISTS (SELECT 1 FROM comment WHERE comment.id = notification.object_id)"
    )
    with op.batch_alter_table('notification', schema=None) as batch_op:
        batch_op.alter_column('thread_kind', existing_type=sa.String(length=24), nullable=False)
        batch_op.alter_column('thread_id', existing_type=BIG, nullable=False)
        batch_op.create_index('ix_notification_person_id_mailed_at', ['person_id', 'mailed_at'], unique=False)
        batch_op.create_index('ix_notification_mail_mail_at', ['mail', 'mail_at'], unique=False)
        batch_op.create_index('ix_notification_thread', ['thread_kind', 'thread_id'], unique=False)

    op.create_table('notice_default',
    sa.Column('scope', sa.String(length=24), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('value', sa.String(length=40), nullable=False),
    sa.PrimaryKeyConstraint('scope', 'name', name=op.f('pk_notice_default'))
    )
    op.create_table('notice_choice',
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('value', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_notice_choice_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', 'name', name=op.f('pk_notice_choice'))
    )
    op.create_table('notice_level',
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('object_kind', sa.String(length=24), nullable=False),
    sa.Column('object_id', BIG, nullable=False),
    sa.Column('level', sa.String(length=8), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_notice_level_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', 'object_kind', 'object_id', name=op.f('pk_notice_level'))
    )
    with op.batch_alter_table('notice_level', schema=None) as batch_op:
        batch_op.create_index('ix_notice_level_object', ['object_kind', 'object_id', 'person_id'], unique=False)
    op.create_table('digest',
    sa.Column('person_id', BIG, nullable=False),
    sa.Column('until', MOMENT, nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_digest_person_id_person'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_digest'))
    )


def downgrade() -> None:
    op.drop_table('digest')
    with op.batch_alter_table('notice_level', schema=None) as batch_op:
        batch_op.drop_index('ix_notice_level_object')
    op.drop_table('notice_level')
    op.drop_table('notice_choice')
    op.drop_table('notice_default')
    with op.batch_alter_table('notification', schema=None) as batch_op:
        batch_op.drop_index('ix_notification_thread')
        batch_op.drop_index('ix_notification_mail_mail_at')
        batch_op.drop_index('ix_notification_person_id_mailed_at')
        for column in ('hidden', 'mailed_at', 'mail_at', 'mail', 'push', 'digest', 'in_app', 'thread_id', 'thread_kind'):
            batch_op.drop_column(column)
