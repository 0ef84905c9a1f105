"""A benefit known by its firm alone is kept under the firm's credit code, also where its name was typed.

Stored keys are in the law's one normal form, which is asked for here as it is everywhere: whoever changes that form writes every
stored key anew in a revision of its own.
"""

import sqlalchemy as sa
from alembic import op

from models.migrations.effective_from import effective_from_now
from policies.benefits import KeyKind, subject_key
from policies.forms import document_key

revision = "0019"
down_revision = "0018"

_OF_FIRMS = sa.text("SELECT id, party_id, source, reference, subject FROM benefit WHERE subject LIKE 'enterprise:%'")
_FIRMS = sa.text("SELECT id, name, code FROM party WHERE kind <> 'person' AND code <> ''")
# What was typed is kept beside it; of what came before that was kept, the form in which it was compared.
_CODED = sa.text(
    "UPDATE benefit SET subject = :coded, basis = CASE WHEN basis = '' THEN :typed ELSE basis END WHERE id = :id"
)


def upgrade() -> None:
    """Writes the code where one party alone, or the recipient, bears the name; what is entered twice already stays so."""
    connection = op.get_bind()
    rows = connection.execute(_OF_FIRMS).all()
    firms: dict[str, dict[object, str]] = {}
    for party in connection.execute(_FIRMS).all() if rows else ():
        firms.setdefault(document_key(party.name), {})[party.id] = party.code
    taken = {(row.source, row.reference, row.subject) for row in rows}
    for row in rows:
        typed = row.subject.partition(":")[2]
        called = firms.get(typed, {})
        codes = {called[row.party_id]} if row.party_id in called else set(called.values())
        if len(codes) != 1:
            continue
        coded = subject_key(KeyKind.ENTERPRISE, codes.pop())
        if (row.source, row.reference, coded) not in taken:
            taken.add((row.source, row.reference, coded))
            connection.execute(_CODED, {"coded": coded, "typed": typed, "id": row.id})
    effective_from_now("I16-own")  # whoever entered a party's benefit is looked at from now on


def downgrade() -> None:
    """Leaves them: the code names the firm as well."""
