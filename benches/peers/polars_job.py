"""The job of benches/job/rules.yaml by hand in Polars, lazy and streaming: contacts, activities, ranked CSV, threads.

Points are whole millionths in 64-bit floats, which add them exactly up to 2^53.
"""

import os
import sys
from datetime import datetime, timedelta

contacts, activities, output, threads = sys.argv[1:]
os.environ["POLARS_MAX_THREADS"] = threads  # read when Polars is loaded

import polars as pl  # noqa: E402

AS_OF = datetime(2026, 11, 23)
TIME = "%Y-%m-%dT%H:%M:%SZ"

CONTACTS = dict.fromkeys(
    """contact_id email first_name last_name company account_id title department industry country city employees
    annual_revenue created_at consent phone website source owner qualified_at notes""".split(),
    pl.String,
) | {"employees": pl.Int32, "annual_revenue": pl.Int64}
ACTIVITIES = {
    "activity_id": pl.String, "contact_id": pl.String, "type": pl.String, "timestamp": pl.String, "url": pl.String,
    "value": pl.Float64, "campaign": pl.String,
}  # fmt: skip

col, kind, age = pl.col, pl.col("type"), pl.col("age")
ASKED = ["demo_request", "quote_request", "meeting_booked"]
WANTED = ASKED + [
    "page_view", "email_open", "email_click", "form_submit", "content_download", "webinar_registered", "webinar_attended",
    "add_to_cart", "purchase", "chat_started", "call_connected", "unsubscribe",
]  # fmt: skip


def count(condition, points, cap):
    return (condition.sum().cast(pl.Float64) * points * 1e6).clip(-cap * 1e6, cap * 1e6)


def fading(condition, points, half_life, cap):
    each = (points * 1e6 * (2.0 ** (-age / half_life))).round(0, mode="half_away_from_zero")
    return pl.when(condition).then(each).otherwise(0.0).sum().clip(-cap * 1e6, cap * 1e6)


def holds(condition, points):
    return pl.when(condition).then(points).otherwise(0)


def has(column, *texts):
    found = [column.str.contains(text, literal=True) for text in texts]
    return pl.any_horizontal(found)


at = col("timestamp").str.to_datetime(TIME)
recent = (
    pl.scan_csv(activities, schema=ACTIVITIES)
    .select("contact_id", "type", "url", "value", "campaign", at=at)
    .filter(
        col("at").is_between(AS_OF - timedelta(180), AS_OF)
        & (kind.is_in(WANTED) | (col("at") >= AS_OF - timedelta(60)))
    )
    .with_columns(age=(AS_OF - col("at")).dt.total_milliseconds() / 86_400_000)
)
view = kind == "page_view"
counted = recent.group_by("contact_id").agg(
    points=count(view & (age <= 90), 1, 15)
    + count(view & (age <= 30) & has(col("url"), "/pricing"), 4, 20)
    + count(view & (age <= 30) & (col("value") >= 300), 1.5, 12)
    + fading(view & (age <= 90) & has(col("url"), "/products/"), 2, 30, 16)
    + count((kind == "email_open") & (age <= 90), 1, 10)
    + fading(kind == "email_click", 3, 30, 24)
    + fading(kind == "form_submit", 5, 45, 25)
    + count(kind == "content_download", 6, 24)
    + count((kind == "webinar_registered") & (age <= 90), 4, 12)
    + fading((kind == "webinar_attended") & (col("value") >= 20), 10, 60, 30)
    + count(kind.is_in(["add_to_cart", "purchase"]) & (age <= 90) & (col("value") > 100), 8, 32)
    + fading(kind.is_in(["chat_started", "call_connected"]), 7, 90, 28)
    + count(kind.is_in(["email_click", "social_click"]) & (age <= 30) & has(col("campaign"), "launch"), 2, 6)
    + count(kind.is_in(ASKED), 30, 60)
    + count(kind == "unsubscribe", -20, 40)
    - pl.when(age.min() <= 60).then(0).otherwise(5e6),
    warmed=(kind.is_in(["content_download", "webinar_attended"]) & (age <= 90)).any(),
    asked=kind.is_in(ASKED).any(),
)

# Scores are whole hundredths from here on.
mailbox, title, notes = (col(name).str.to_lowercase() for name in ("email", "title", "notes"))
created = col("created_at").str.to_datetime(TIME)
fit = (
    holds(col("phone").is_not_null(), 500)
    - holds(
        pl.any_horizontal(
            mailbox.str.ends_with(host) for host in ("@gmail.com", "@wp.pl", "@outlook.com", "@seznam.cz", "@gmx.de")
        ),
        1000,
    )
    + holds(has(title, "chief", "head of", "director", "vp "), 2500)
    - holds(title.str.starts_with("intern") | title.str.starts_with("junior"), 1500)
    + holds(col("industry").is_in(["Software", "Manufacturing", "Logistics", "Energy", "Automotive"]), 1250)
    + holds(col("country").is_in(["PL", "CZ", "UA"]), 1000)
    + holds(col("employees").is_between(50, 999), 1000)
    + holds(col("employees") >= 1000, 1500)
    + holds(col("annual_revenue") > 10_000_000, 750)
    + holds(created.is_between(AS_OF - timedelta(180), AS_OF), 500)
    - holds(created < datetime(2019, 1, 1), 500)
    + holds(has(notes, "budget", "tender", "demo") & (col("source").ne_missing("cold list")), 1000)
).clip(0, 10_000)
scored = (
    pl.scan_csv(contacts, schema=CONTACTS)
    .join(counted, on="contact_id", how="left")
    .with_columns(
        fit=fit.cast(pl.Int64),
        engagement=(col("points").fill_null(-5e6).clip(0, 100e6).cast(pl.Int64) + 5_000) // 10_000,
    )
    .with_columns(
        total=(4 * col("fit") + 6 * col("engagement") + 5) // 10,
        account_score=col("engagement").sum().over("account_id"),
    )
)


def grade(score, bounds, lowest):
    grade = pl.lit(lowest)
    for name, bound in reversed(bounds.items()):
        grade = pl.when(score >= bound).then(pl.lit(name)).otherwise(grade)
    return grade


def decimal(hundredths):
    # Polars multiplies by 0.01, which may miss the nearest float.
    return (hundredths / 100).round(2)


fit, engagement, total = col("fit"), col("engagement"), col("total")
sales = ((total >= 5000) | col("asked").fill_null(False)) & (fit >= 3000)
marketing = sales | (engagement >= 3000) | col("warmed").fill_null(False)
ranked = (
    scored.sort("total", "contact_id", descending=[True, False])
    .with_row_index("lead_rank", offset=1)
    .with_columns(
        lead_fit_grade=grade(fit, {"A": 5000, "B": 3000, "C": 1500}, "D"),
        lead_engagement_grade=grade(engagement, {"1": 5000, "2": 2000}, "3"),
        lead_total_grade=grade(total, {"hot": 5000, "warm": 2500}, "cold"),
        lead_mql=marketing,
        lead_sql=sales,
    )
    .select(
        *CONTACTS,
        "lead_rank",
        "lead_fit_grade",
        "lead_engagement_grade",
        "lead_total_grade",
        "lead_mql",
        "lead_sql",
        lead_fit=decimal(fit),
        lead_engagement=decimal(engagement),
        lead_total=decimal(total),
        lead_grade=col("lead_fit_grade") + col("lead_engagement_grade"),
        lead_stage=pl.when("lead_sql").then(pl.lit("SQL")).when("lead_mql").then(pl.lit("MQL")),
        lead_account_score=pl.when(col("account_id").is_not_null()).then(decimal(col("account_score"))),
    )
)
ranked.sink_csv(output, engine="streaming")
