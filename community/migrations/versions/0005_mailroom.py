"""The mailroom: letters on their way and their log, failures, what came in; browsers that are pushed to."""

import sqlalchemy as sa
from alembic import op

import community.extensions

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _time() -> sa.types.TypeEngine:
    return community.extensions.UTCTime(timezone=True)


def upgrade() -> None:
    op.create_table('mail',
    sa.Column('id', _id(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=True),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=200), nullable=False),
    sa.Column('message_id', sa.String(length=160), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('answer', sa.String(length=300), nullable=False),
    sa.Column('recipe', sa.JSON(), nullable=True),
    sa.Column('content', sa.JSON(), nullable=True),
    sa.Column('created_at', _time(), nullable=False),
    sa.Column('next_at', _time(), nullable=True),
    sa.Column('over_at', _time(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail')),
    sa.UniqueConstraint('message_id', name=op.f('uq_mail_message_id')),
    sa.UniqueConstraint('name', name=op.f('uq_mail_name'))
    )
    with op.batch_alter_table('mail', schema=None) as batch_op:
        batch_op.create_index('ix_mail_address', ['address'], unique=False)
        batch_op.create_index('ix_mail_created_at', ['created_at'], unique=False)
        batch_op.create_index('ix_mail_state_next_at', ['state', 'next_at'], unique=False)

    op.create_table('mail_failure',
    sa.Column('id', _id(), nullable=False),
    sa.Column('mail_id', _id(), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('at', _time(), nullable=False),
    sa.Column('words', sa.String(length=300), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_failure')),
    sa.UniqueConstraint('mail_id', name=op.f('uq_mail_failure_mail_id'))
    )
    with op.batch_alter_table('mail_failure', schema=None) as batch_op:
        batch_op.create_index('ix_mail_failure_address_at', ['address', 'at'], unique=False)

    op.create_table('mail_received',
    sa.Column('id', _id(), nullable=False),
    sa.Column('print', sa.String(length=64), nullable=False),
    sa.Column('at', _time(), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_received')),
    sa.UniqueConstraint('print', name=op.f('uq_mail_received_print'))
    )
    with op.batch_alter_table('mail_received', schema=None) as batch_op:
        batch_op.create_index('ix_mail_received_at', ['at'], unique=False)

    op.create_table('push_browser',
    sa.Column('id', _id(), nullable=False),
    sa.Column('person_id', _id(), nullable=False),
    sa.Column('session_id', _id(), nullable=False),
    sa.Column('endpoint', sa.Text(), nullable=False),
    sa.Column('endpoint_hash', sa.String(length=64), nullable=False),
    sa.Column('p256dh', sa.String(length=88), nullable=False),
    sa.Column('auth', sa.String(length=24), nullable=False),
    sa.Column('agent', sa.String(length=200), nullable=False),
    sa.Column('created_at', _time(), nullable=False),
    sa.Column('reached_at', _time(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_push_browser_person_id_person'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_push_browser_session_id_session'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_push_browser')),
    sa.UniqueConstraint('endpoint_hash', name=op.f('uq_push_browser_endpoint_hash'))
    )
    with op.batch_alter_table('push_browser', schema=None) as batch_op:
        batch_op.create_index('ix_push_browser_person_id', ['person_id'], unique=False)
        batch_op.create_index('ix_push_browser_session_id', ['session_id'], unique=False)

    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.add_column(sa.Column('mail_paused_at', _time(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('person', schema=None) as batch_op:
        batch_op.drop_column('mail_paused_at')
    for table in ('push_browser', 'mail_received', 'mail_failure', 'mail'):
        op.drop_table(table)
