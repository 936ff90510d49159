"""Records and the rows of their arms."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql

from promptsweep.reports import schema
from promptsweep.reports.arms import of_their_arms


def test_each_record_belongs_to_its_arm(house):
    query = select(schema.arms.c.id, func.count(), func.min(schema.records.c.id))
    joined = schema.arms.join(schema.records, of_their_arms())
    with house.store.engine.connect() as connection:
        rows = connection.execute(query.select_from(joined).group_by(schema.arms.c.id)).all()
        total = connection.execute(select(func.count()).select_from(schema.records)).scalar_one()

    assert sum(count for _, count, _ in rows) == total
    assert all(schema.unpacked(first)[0] == arm for arm, _, first in rows)


def test_the_numbers_of_records_are_no_integers_of_four_bytes_for_postgresql():
    text = str(of_their_arms().compile(dialect=postgresql.dialect()))

    assert "CAST(arms.id AS BIGINT)" in text
    assert "INTEGER" not in text
