"""The dear job of benches/dear/rules.yaml by hand in DuckDB: contacts, activities, ranked CSV, threads.

The breakdown goes beside the ranked CSV. Points are whole millionths in doubles, which add them exactly up to 2^53.
"""

import sys

import duckdb

contacts, activities, output, threads = sys.argv[1:]
breakdown = output.removesuffix(".csv") + "-breakdown.csv"

CONTACTS = dict.fromkeys(
    """contact_id email first_name last_name company account_id title department industry country city employees
    annual_revenue created_at consent phone website source owner qualified_at notes""".split(),
    "VARCHAR",
)
ACTIVITIES = {
    "activity_id": "VARCHAR", "contact_id": "VARCHAR", "type": "VARCHAR", "timestamp": "TIMESTAMP", "url": "VARCHAR",
    "value": "DOUBLE", "campaign": "VARCHAR",
}  # fmt: skip

RULES = [
    "Visited the site", "Opened e-mails", "Clicked in e-mails", "Asked for us", "Bought", "Read papers",
    "Stayed at webinars", "Uses the product", "Unsubscribed", "Decides", "Knows many pages", "Quiet for two months",
]  # fmt: skip

READ = "read_csv('{}', header = true, auto_detect = false, delim = ',', quote = '\"', columns = {})"

# Rows keep the order of the export: a mailbox that several share is that of the first.
PEOPLE = """
CREATE TEMP TABLE people AS
SELECT (row_number() OVER ())::INTEGER AS person, coalesce(qualified_at::TIMESTAMP, TIMESTAMP '2026-11-23') AS as_of, *
FROM {contacts}
"""

# Ids have no @, so an activity's name is an id or a mailbox, never either.
EVENTS = """
CREATE TEMP TABLE events AS
WITH names AS (
    SELECT contact_id AS name, person FROM people
    UNION ALL
    SELECT lower(email), min(person) FROM people WHERE email IS NOT NULL GROUP BY 1
),
once AS (
    SELECT DISTINCT ON (activity_id) type, timestamp AS moment, url, value,
           CASE WHEN contains(contact_id, '@') THEN lower(contact_id) ELSE contact_id END AS name
    FROM {activities}
)
SELECT person, type, moment, url, value, moment >= as_of - INTERVAL 365 DAY AS recent,
       epoch_ms(as_of - moment) / 86400000.0 AS age
FROM once JOIN names USING (name) JOIN people USING (person)
WHERE moment <= as_of
"""

TALLIES = """
CREATE TEMP TABLE tallies AS
SELECT person,
       count(DISTINCT url) FILTER (type = 'page_view') AS pages,
       count(DISTINCT moment::DATE) FILTER (age <= 90) AS days_seen,
       count(DISTINCT url) FILTER (type = 'content_download' AND recent) AS files,
       coalesce(round(sum(round(value * 1e6)) FILTER (type = 'purchase')) / 1e6, 0) AS spend,
       count(*) AS events,
       max(moment) AS last_seen,
       min(age) AS idle
FROM events GROUP BY person
"""

LINES = """
CREATE TEMP TABLE lines AS
WITH
-- A unit is an activity, a day or a page: the newest activity stands for it.
pages AS (
    SELECT person, min(age) AS age FROM events WHERE type = 'page_view' AND recent AND url IS NOT NULL
    GROUP BY person, url QUALIFY row_number() OVER (PARTITION BY person ORDER BY min(events.age)) <= 10
),
opens AS (
    SELECT person, min(age) AS age FROM events WHERE type = 'email_open' AND recent GROUP BY person, moment::DATE
),
clicks AS (
    SELECT person, age FROM events WHERE type = 'email_click' AND recent
    QUALIFY row_number() OVER (PARTITION BY person ORDER BY age) <= 5
),
logins AS (
    SELECT person, min(age) AS age FROM events WHERE type = 'product_login' AND recent GROUP BY person, moment::DATE
    QUALIFY row_number() OVER (PARTITION BY person ORDER BY min(events.age)) <= 20
),
files AS (
    SELECT person, max(moment)::DATE AS day, min(age) AS age FROM events
    WHERE type = 'content_download' AND recent AND url IS NOT NULL GROUP BY person, url
),
file_days AS (
    SELECT person, count(*) AS units, sum(round(6e6 * pow(2, -age / 45))) AS points FROM files GROUP BY person, day
),
given AS (
    SELECT person, 1 AS rule, count(*) AS units, sum(round(2e6 * pow(2, -age / 45))) AS before, before AS points
    FROM pages GROUP BY person
    UNION ALL
    SELECT person, 2, count(*), sum(round(1e6 * pow(2, -age / 45))) AS before, least(12e6, before)
    FROM opens GROUP BY person
    UNION ALL
    SELECT person, 3, count(*), sum(round(3e6 * pow(2, -age / 45))) AS before, before
    FROM clicks GROUP BY person
    UNION ALL
    SELECT person, 4, 1, round(30e6 * pow(2, -min(age) / 45)) AS before, before
    FROM events WHERE type IN ('demo_request', 'quote_request', 'meeting_booked') AND recent GROUP BY person
    UNION ALL
    SELECT person, 5, count(*), sum(round(round(value * 1e4) * pow(2, -age / 45))) AS before, least(40e6, before)
    FROM events WHERE type = 'purchase' AND recent GROUP BY person
    UNION ALL
    SELECT person, 6, sum(units)::BIGINT, sum(points), least(30e6, sum(least(9e6, points)))
    FROM file_days GROUP BY person
    UNION ALL
    SELECT person, 7, count(*), sum(round(8e6 * greatest(0, 1 - age / 180))) AS before, before
    FROM events WHERE type = 'webinar_attended' AND value >= 20 AND recent GROUP BY person
    UNION ALL
    SELECT person, 8, count(*), sum(round(1e6 * pow(0.8, floor(age / 30)))) AS before, before
    FROM logins GROUP BY person
    UNION ALL
    SELECT person, 9, 1, round(-20e6 * pow(2, -min(age) / 45)) AS before, before
    FROM events WHERE type = 'unsubscribe' AND recent GROUP BY person
    UNION ALL
    SELECT person, 10, 1, 10e6, 10e6
    FROM (SELECT person, lower(title) AS job FROM people)
    WHERE contains(job, 'chief') OR contains(job, 'head of') OR contains(job, 'director') OR contains(job, 'vp ')
    UNION ALL
    SELECT person, 11, 1, CASE WHEN pages >= 20 THEN 5e6 ELSE 2e6 END AS before, before FROM tallies WHERE pages >= 5
    UNION ALL
    SELECT person, 12, 1, -10e6, -10e6 FROM tallies WHERE idle > 60
)
SELECT * FROM given WHERE points <> 0
"""

RANKED = """
CREATE TEMP TABLE ranked AS
WITH summed AS (SELECT person, sum(points) AS points FROM lines GROUP BY person),
strongest AS (
    SELECT person, rule, round(points / 1e4) AS hundredths FROM lines
    QUALIFY row_number() OVER (PARTITION BY person ORDER BY abs(hundredths) DESC, rule) <= 3
),
reasons AS (
    SELECT person,
           string_agg(CASE WHEN hundredths > 0 THEN '+' ELSE '' END
                      || rtrim(rtrim(format('{{:.2f}}', hundredths / 100), '0'), '.') || ' ' || {names}[rule], '; '
                      ORDER BY abs(hundredths) DESC, rule) AS reasons
    FROM strongest WHERE hundredths <> 0 GROUP BY person
)
SELECT row_number() OVER (ORDER BY heat DESC, contact_id) AS lead_rank, *
FROM (
    SELECT people.* EXCLUDE (as_of), tallies.* EXCLUDE (person, idle), reasons, coalesce(points, 0) AS points,
           round(greatest(0, least(100e6, coalesce(points, 0))) / 1e4) AS heat
    FROM people LEFT JOIN summed USING (person) LEFT JOIN tallies USING (person) LEFT JOIN reasons USING (person)
)
"""

WRITE = """
COPY (
    SELECT {columns}, lead_rank, heat / 100 AS lead_heat,
           CASE WHEN heat >= 5000 THEN 'hot' WHEN heat >= 2000 THEN 'warm' ELSE 'cold' END AS lead_heat_grade,
           coalesce(pages, 0) AS lead_pages, coalesce(days_seen, 0) AS lead_days_seen, coalesce(files, 0) AS lead_files,
           coalesce(spend, 0) AS lead_spend, coalesce(events, 0) AS lead_events,
           strftime(last_seen, '%Y-%m-%dT%H:%M:%SZ') AS lead_last_seen, lead_heat_grade AS lead_grade,
           reasons AS lead_reasons
    FROM ranked ORDER BY lead_rank
) TO '{output}' (HEADER)
"""

BREAKDOWN = """
COPY (
    SELECT contact_id AS contact, 'heat' AS score, NULL AS "group", rule, step, units, before / 1e6 AS points_before_caps,
           all_lines.points / 1e6 AS points
    FROM (
        SELECT person, rule AS place, {names}[rule] AS rule, 'rule' AS step, units, before, points FROM lines
        UNION ALL
        SELECT person, 98, NULL, 'range', NULL, NULL, greatest(0, least(100e6, points)) - points FROM ranked
        WHERE points NOT BETWEEN 0 AND 100e6
        UNION ALL
        SELECT person, 99, NULL, 'rounding', NULL, NULL, heat * 1e4 - greatest(0, least(100e6, points)) AS rounding
        FROM ranked WHERE rounding <> 0
    ) AS all_lines JOIN ranked USING (person)
    ORDER BY lead_rank, place
) TO '{breakdown}' (HEADER)
"""

connection = duckdb.connect(config={"threads": int(threads)})
places = {
    "contacts": READ.format(contacts, CONTACTS), "activities": READ.format(activities, ACTIVITIES), "names": RULES,
    "columns": ", ".join(CONTACTS), "output": output, "breakdown": breakdown,
}  # fmt: skip
for statement in (PEOPLE, EVENTS, TALLIES, LINES, RANKED, WRITE, BREAKDOWN):
    if statement is EVENTS:
        connection.execute("SET preserve_insertion_order = false")
    connection.execute(statement.format(**places))
