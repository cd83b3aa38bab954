//! Activity exports that end the run, and activities that nothing counts.

use super::{Case, hold};

fn case(name: &'static str, activities: impl Into<Vec<u8>>) -> Case {
    let contacts = "id,phone\n1,123\n2,\n";
    Case::contacts(name, contacts).file("activities.csv", activities).with("--activities activities.csv")
}

#[test]
fn activity_exports_that_cannot_be_used() {
    hold(
        "activity_exports_that_cannot_be_used",
        vec![
            case("no column for the type", "contact_id,timestamp\n1,2026-11-01\n"),
            case("no column for the time", "contact_id,type\n1,email_open\n"),
            case("a row too short", "contact_id,type,timestamp\n1,email_open\n"),
            case("an empty file", ""),
            case("a quote that never closes", "contact_id,type,timestamp\n1,email_open,\"2026-11-01\n"),
            case("no such file", "").called("contacts.csv --rules rules.yaml --activities lost.csv"),
            case("no such file of a type", "")
                .called("contacts.csv --rules rules.yaml --activities email_open=lost.csv"),
        ],
    );
}

#[test]
fn activities_that_nothing_counts() {
    hold(
        "activities_that_nothing_counts",
        vec![
            case("a header alone", "contact_id,type,timestamp\n"),
            case(
                "times that cannot be read",
                "contact_id,type,timestamp\n1,email_open,11/01/2026\n2,email_open,\n2,email_open,2026-11-01\n",
            ),
            case("a contact that is not there", "contact_id,type,timestamp\n9,email_open,2026-11-01\n"),
            case("an activity of tomorrow", "contact_id,type,timestamp\n1,email_open,2026-11-24\n"),
            case("a type that is missing", "contact_id,type,timestamp\n1,,2026-11-01\n"),
            case("rows set aside", "contact_id,type,timestamp\n1,email_open\n2,email_open,2026-11-01\n")
                .with("--rejects /dev/stderr"),
        ],
    );
}

#[test]
fn earlier_files_that_cannot_be_used() {
    let case = |name, previous: &str| {
        Case::contacts(name, "id,phone\n1,123\n").file("previous.csv", previous).with("--previous previous.csv")
    };
    hold(
        "earlier_files_that_cannot_be_used",
        vec![
            case("an empty file", ""),
            case("no column for the id", "key,lead_fit\n1,5\n"),
            case("nothing that was scored", "id,phone\n1,123\n"),
            case("a score that is no number", "id,lead_fit\n1,much\n"),
            case("a row too short", "id,lead_fit\n1\n"),
        ],
    );
}
