//! `leadscore init`: what it makes of exports of several programs passes `check` without a word
//! and scores them. The exports are inventions; those of known systems stand in `presets.rs`.

use assert_cmd::Command;
use std::path::Path;

fn leadscore(folder: &Path, line: &str) -> std::process::Output {
    let mut command = Command::cargo_bin("leadscore").expect("the program is built");
    command.current_dir(folder).env("NO_COLOR", "1").args(line.split_whitespace()).output().expect("it runs")
}

/// Makes a rule file from the exports, checks it, scores with it; returns the rule file.
fn made_from(contacts: &str, records: usize, activities: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("contacts.csv"), contacts).unwrap();
    let mut files = "--contacts contacts.csv".to_owned();
    if let Some(activities) = activities {
        std::fs::write(folder.path().join("activities.csv"), activities).unwrap();
        files.push_str(" --activities activities.csv");
    }
    let run = |line: String| {
        let output = leadscore(folder.path(), &line);
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{line}: {said}");
        said
    };
    run(format!("init {files} -o rules.yaml"));
    let said = run(format!("check rules.yaml {files}"));
    assert!(said.contains("no faults") && !said.contains("warning"), "{said}");
    run(format!("score --rules rules.yaml --as-of 2026-11-23 -o scored.csv {}", files.replace("--contacts ", "")));
    let rows = csv::Reader::from_path(folder.path().join("scored.csv")).unwrap().into_byte_records().count();
    assert_eq!(rows, records, "every contact is scored");
    std::fs::read_to_string(folder.path().join("rules.yaml")).unwrap()
}

#[test]
fn from_columns_that_count() {
    let contacts = "\
Contact ID,First Name,Last Name,Job Title,Company Name,Email,Phone Number,Country/Region,Lifecycle Stage,Create Date,\
Number of Pageviews,Marketing emails opened,Interests,Number of Employees,Last Activity Date,Unsubscribed from all email
101,Ada,Nowak,Marketing Director,Acme,ada@acme.example,+48 22 123 45 67,Poland,Lead,2026-03-12 09:14,12,4,;crm;ads,120,2026-11-20 08:00,false
102,Jan,Kos,,Kos & Co,jan@kos.example,,Poland,Subscriber,2026-03-12 10:14,1,0,;ads,8,2026-06-01 08:00,true
103,Eva,Blum,CEO,Blum,eva@blum.example,555-0100,Germany,Lead,2026-04-01 11:00,40,9,;crm,300,2026-11-01 12:30,false
104,Max,Frei,Student,,max@gmail.com,,Poland,Lead,2026-05-02 18:45,3,2,,,,false
";
    let activities = "\
email_event_id,type,recipient,created
e1,OPEN,ada@acme.example,2026-11-01T10:00:00Z
e2,CLICK,ada@acme.example,2026-11-01T10:01:00Z
e3,DELIVERED,jan@kos.example,2026-11-01T10:00:00Z
e4,OPEN,eva@blum.example,2026-11-02T10:00:00Z
e5,SPAMREPORT,jan@kos.example,2026-11-02T10:00:00Z
";
    insta::assert_snapshot!(made_from(contacts, 4, Some(activities)));
}

#[test]
fn from_headers_in_one_word() {
    let contacts = "\
\"Id\",\"FirstName\",\"LastName\",\"Title\",\"Company\",\"Country\",\"Phone\",\"Email\",\"Source\",\"Status\",\"Rating\",\
\"AnnualRevenue\",\"NumberOfEmployees\",\"HasOptedOutOfEmail\",\"CreatedDate\"
\"00Q5g00000AbCdEFGH\",\"Ada\",\"Nowak\",\"VP Sales\",\"Acme\",\"PL\",\"\",\"ada@acme.example\",\"Web\",\"Open\",\"Hot\",\"1200000\",\"120\",\"0\",\"2026-01-15T10:30:00.000Z\"
\"00Q5g00000AbCdEFGI\",\"Jan\",\"Kos\",\"Owner\",\"Kos\",\"PL\",\"22 1234567\",\"jan@kos.example\",\"Web\",\"Open\",\"Cold\",\"50000\",\"4\",\"1\",\"2026-01-16T10:30:00.000Z\"
\"00Q5g00000AbCdEFGJ\",\"Eva\",\"Blum\",\"Manager\",\"Blum\",\"DE\",\"\",\"eva@blum.example\",\"Event\",\"Open\",\"Warm\",\"800000\",\"45\",\"0\",\"2026-01-17T10:30:00.000Z\"
";
    let activities = "\
\"Id\",\"WhoId\",\"Subject\",\"ActivityDate\",\"Status\",\"Type\"
\"00T1\",\"00Q5g00000AbCdEFGH\",\"Call back\",\"2026-11-01\",\"Completed\",\"Call\"
\"00T2\",\"00Q5g00000AbCdEFGJ\",\"Demo\",\"2026-11-03\",\"Completed\",\"Meeting\"
\"00T3\",\"00Q5g00000AbCdEFGJ\",\"Mail\",\"2026-11-04\",\"Completed\",\"Email\"
";
    insta::assert_snapshot!(made_from(contacts, 3, Some(activities)));
}

#[test]
fn from_headers_with_dashes() {
    let contacts = "\
Person - ID,Person - Full name,Person - Job title,Person - Email - Work,Person - Email - Home,Person - Phone - Work,Person - Labels
1,Ada Nowak,Head of IT,ada@acme.example,,22 1234567,\"Hot lead, Customer\"
2,Jan Kos,,jan@kos.example,jan@wp.pl,,
3,Eva Blum,Buyer,,eva@gmail.com,,Hot lead
";
    insta::assert_snapshot!(made_from(contacts, 3, None));
}

#[test]
fn from_polish_excel() {
    let contacts = "sep=;\r\n\
        Nr klienta;Imię;Stanowisko;Firma;E-mail;Telefon;Kraj;Liczba pracowników;Wartość;Data utworzenia;Branża\r\n\
        00017;Ada;Dyrektor handlowy;Żubr SA;ada@zubr.example;22 123;Polska;1 200;12 345,50;1.11.2026;Produkcja\r\n\
        00018;Jan;Kierownik;Łoś;jan@los.example;;Polska;45;1 234,50;15.10.2026;Handel\r\n\
        00019;Ewa;;brak;ewa@wp.pl;600 100 200;Niemcy;8;999,99;24.12.2025;Handel\r\n\
        00020;Olga;Prezes;Ryś;olga@rys.example;;Polska;80;50 000,00;3.03.2026;Handel\r\n";
    let activities = "Nr klienta;Rodzaj;Data\r\n\
        00017;otwarcie maila;1.11.2026 10:15\r\n\
        00017;prośba o ofertę;2.11.2026 9:05\r\n\
        00019;wypis z newslettera;30.10.2026 12:00\r\n";
    insta::assert_snapshot!(made_from(contacts, 4, Some(activities)));
}

#[test]
fn from_headers_alone_and_from_nothing() {
    for headers in [
        "id,email\n",
        "a\n",
        "Email Address,First Name,LATITUDE,TAGS\n",
        "any,not,fit,total,did\n",
        "x: y,#z,\"a\nb\"\n",
    ] {
        made_from(headers, 0, None);
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(leadscore(folder.path(), "init").status.success());
    let checked = leadscore(folder.path(), "check rules.yaml");
    assert!(checked.status.success(), "{checked:?}");
}

#[test]
fn from_few_types_of_activities() {
    for kinds in ["email_open", "email_delivered", "unsubscribe,bounce", "demo", "12,13", "any", "ž,'x: y',#1"] {
        let rows: String = kinds.split(',').map(|kind| format!("1,\"{kind}\",2026-11-01\n")).collect();
        made_from("id,email\n1,a@b.example\n", 1, Some(&format!("contact_id,type,timestamp\n{rows}")));
    }
}

#[test]
fn two_rows_show_how_dates_and_numbers_are_written() {
    let rules = made_from("id,Created,Amount\n1,24.12.2025,\"1.234,50\"\n2,13.01.2026,\"2.500,00\"\n", 2, None);
    for entry in ["created: { column: Created, date_format: '%d.%m.%Y' }", "amount: { column: Amount, decimal: comma }"]
    {
        assert!(rules.contains(entry), "{entry} in\n{rules}");
    }
}

#[test]
fn the_last_words_name_the_file_to_check() {
    let folder = tempfile::tempdir().unwrap();
    let output = leadscore(folder.path(), "init -o first.yaml");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "wrote first.yaml; change its points to what your sales team knows, then run `leadscore check first.yaml`\n"
    );
}

#[test]
fn a_file_that_is_there_stays() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.yaml"), "mine").unwrap();
    let output = leadscore(folder.path(), "init");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: rules.yaml exists already; name another file with -o\n"
    );
    assert_eq!(std::fs::read_to_string(folder.path().join("rules.yaml")).unwrap(), "mine");
}

#[test]
fn types_that_come_late_in_a_long_export_have_rules_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = "contact_id,type,timestamp\n".to_owned();
    (0..2000).for_each(|at| rows += &format!("c{at},page_view,2026-01-01\n"));
    rows += "c7,demo_request,2026-11-01\n";
    std::fs::write(folder.path().join("a.csv"), rows).unwrap();
    assert!(leadscore(folder.path(), "init --activities a.csv").status.success());
    let rules = std::fs::read_to_string(folder.path().join("rules.yaml")).unwrap();
    assert!(rules.contains("activity: demo_request"), "{rules}");
}

#[test]
fn an_activity_export_that_does_not_say_enough_is_told_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "email,date\nx@y.example,2026-11-01\n").unwrap();
    let output = leadscore(folder.path(), "init --activities a.csv");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: a.csv has no column that says what was done; if all of it is of one type, say so: --activities \
         email_open=a.csv (it has email, date)\n"
    );
    assert!(leadscore(folder.path(), "init --activities email_open=a.csv").status.success());
}
