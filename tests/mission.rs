//! What leadscore is for, scene by scene: each test is one wish of a marketer, with the figures of
//! that wish, on data small enough to be reckoned by hand. Most use the rule files of `rules/` as
//! they are, so those keep meaning what they say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const AS_OF: &str = "2026-11-23T12:00:00Z";

/// A run of `score` in a folder of its own.
struct Scene {
    folder: TempDir,
    args: Vec<String>,
}

impl Scene {
    /// With a rule file of the repository.
    fn with(rules: &str) -> Scene {
        let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules").join(rules);
        let folder = tempfile::tempdir().expect("a folder");
        Scene { folder, args: vec!["--rules".into(), rules.display().to_string()] }
    }

    /// With rules of its own.
    fn of(rules: &str) -> Scene {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("rules.yaml");
        fs::write(&file, rules).expect("written");
        Scene { folder, args: vec!["--rules".into(), file.display().to_string()] }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn file(&self, name: &str, lines: &str) -> String {
        // Lines may be indented like the code around them.
        let text: String = lines.trim().lines().map(|line| line.trim_start().to_owned() + "\n").collect();
        fs::write(self.path(name), text).expect("written");
        self.path(name).display().to_string()
    }

    fn contacts(mut self, lines: &str) -> Scene {
        let count = self.args.iter().filter(|arg| arg.contains("contacts-")).count();
        let file = self.file(&format!("contacts-{count}.csv"), lines);
        self.args.push(file);
        self
    }

    fn activities(mut self, lines: &str) -> Scene {
        let file = self.file("activities.csv", lines);
        self.args.extend(["--activities".into(), file]);
        self
    }

    fn args(mut self, args: &[&str]) -> Scene {
        self.args.extend(args.iter().map(ToString::to_string));
        self
    }

    /// An output file beside the scored one: `--accounts` and `accounts.csv`.
    fn also(mut self, what: &str, name: &str) -> Scene {
        let file = self.path(name).display().to_string();
        self.args.extend([format!("--{what}"), file]);
        self
    }

    fn score(&self) -> Table {
        let output = Command::new(env!("CARGO_BIN_EXE_leadscore"))
            .arg("score")
            .args(&self.args)
            .args(["--as-of", AS_OF, "-o"])
            .arg(self.path("scored.csv"))
            .output()
            .expect("leadscore starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        Table::parse(&self.read("scored.csv"))
    }
}

struct Table(Vec<Vec<String>>);

impl Table {
    fn parse(text: &str) -> Table {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::None).from_reader(text.as_bytes());
        Table(reader.records().map(|row| row.expect("CSV").iter().map(String::from).collect()).collect())
    }

    fn place(&self, column: &str) -> usize {
        let place = self.0[0].iter().position(|name| name == column);
        place.unwrap_or_else(|| panic!("no column {column} among {:?}", self.0[0]))
    }

    fn column(&self, column: &str) -> Vec<&str> {
        let place = self.place(column);
        self.0[1..].iter().map(|row| row[place].as_str()).collect()
    }

    /// The named columns of every row, as lines; the first line names them.
    #[track_caller]
    fn is(&self, expected: &str) {
        let mut lines = expected.trim().lines().map(str::trim_start);
        let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
        let places: Vec<usize> = header.iter().map(|name| self.place(name)).collect();
        let actual: Vec<String> = self.0[1..]
            .iter()
            .map(|row| places.iter().map(|&place| row[place].as_str()).collect::<Vec<_>>().join(","))
            .collect();
        assert_eq!(actual, lines.collect::<Vec<_>>(), "{}", header.join(","));
    }
}

// --- A marketing-automation suite ------------------------------------------------------------------

const READY_CONTACTS: &str = "
    contact_id,email,phone,seniority,employees
    a,,+48 001,,
    b,,+48 001,,
    c,,+48 001,director,
    d,,,,
    e,,,,";

const READY_ACTIVITIES: &str = "
    activity_id,contact_id,type,timestamp,campaign,value,user_agent
    1,b,email_open,2026-11-20T08:00:00Z,newsletter-2026-11,,
    2,c,email_open,2026-11-20T08:00:00Z,newsletter-2026-11,,
    3,c,demo_request,2026-11-21T08:00:00Z,,,
    4,d,call,2026-11-02 10:00,,12,
    5,d,call,2026-11-03 10:00,,3,
    6,d,email_sent,2026-11-01,a,,
    7,d,email_sent,2026-11-02,b,,
    8,d,email_sent,2026-11-03,c,,
    9,d,email_sent,2026-11-04,d,,
    10,d,email_sent,2026-11-05,e,,
    11,d,email_sent,2026-11-06,f,,
    12,e,email_open,2026-10-20T08:00:00Z,newsletter-2026-10,,
    13,e,email_open,2026-11-20T08:00:00Z,newsletter-2026-11,,
    14,e,unsubscribe,2026-11-20T09:00:00Z,,,";

/// A phone number is worth 5, a newsletter opened 50; what we did (a call of 12 minutes: 15; six
/// mailings: -1 each, at most -5) counts beside it. Grades have names of our own.
#[test]
fn attributes_their_acts_and_our_acts_stand_in_one_score() {
    Scene::with("sales-ready.yaml").contacts(READY_CONTACTS).activities(READY_ACTIVITIES).score().is("
        contact_id,lead_rank,lead_lead,lead_grade,lead_stage
        c,1,105,Hot lead,Sales-ready
        b,2,55,Warm lead,
        d,3,10,Cold lead,
        a,4,5,Cold lead,
        e,5,0,Cold lead,");
}

/// Crossing the sales-ready value tells sales. Only the newly warm ones, each once.
#[test]
fn sales_gets_each_newly_ready_contact_once() {
    let first = Scene::with("sales-ready.yaml").contacts(READY_CONTACTS).activities(READY_ACTIVITIES);
    first.score();
    let yesterday = first.path("scored.csv").display().to_string();

    let more = format!(
        "{READY_ACTIVITIES}
        15,b,demo_request,2026-11-23T09:00:00Z,,,
        16,b,quote_request,2026-11-23T10:00:00Z,,,"
    );
    let second = Scene::with("sales-ready.yaml")
        .contacts(READY_CONTACTS)
        .activities(&more)
        .args(&["--previous", &yesterday])
        .also("handoff", "to-sales.csv");
    second.score().is("
        contact_id,lead_lead,lead_stage,lead_previous_stage,lead_score_change,lead_handoff
        b,115,Sales-ready,,60,true
        c,105,Sales-ready,Sales-ready,0,false
        d,10,,,0,false
        a,5,,,0,false
        e,0,,,0,false");
    Table::parse(&second.read("to-sales.csv")).is("contact_id\nb");

    let today = second.path("scored.csv").display().to_string();
    let third = Scene::with("sales-ready.yaml")
        .contacts(READY_CONTACTS)
        .activities(&more)
        .args(&["--previous", &today])
        .also("handoff", "to-sales.csv");
    third.score();
    Table::parse(&third.read("to-sales.csv")).is("contact_id");
}

// --- A marketing-automation platform ---------------------------------------------------------------

/// Contacts from many sources, judged by one set of criteria: two systems name their columns each
/// in their own way.
#[test]
fn exports_of_two_systems_are_judged_by_one_rule_file() {
    let rules = r#"
version: 1
contacts:
  id: [Record ID, Lead ID]
  fields:
    size: { column: [Number of Employees, Liczba pracowników] }
    phone: { column: [Phone Number, Telefon] }
scores:
  fit:
    rules:
      - { name: Phone number given, when: { phone: present }, points: 5 }
      - { name: More than 100 people, when: { size: { above: 100 } }, points: 10 }
"#;
    Scene::of(rules)
        .contacts(
            "Record ID,Number of Employees,Phone Number
            h1,250,
            h2,80,+48 001",
        )
        .contacts(
            "Lead ID,Telefon,Liczba pracowników
            0077,+48 002,1 200",
        )
        .score()
        .is("
            Record ID,Lead ID,lead_rank,lead_fit
            ,0077,1,15
            h1,,2,10
            h2,,3,5");
}

const SHOP_CONTACTS: &str = "
    contact_id,email,country,city,language,age,gender,device,interests
    anna,anna@poczta.example,PL,Warszawa,pl,30,f,mobile,sport;travel
    olena,,UA,Київ,uk,50,,,
    jan,,PL,Płock,en,,,,
    ewa,,PL,Płock,en,,,,";

const SHOP_ACTIVITIES: &str = "
    activity_id,contact_id,type,timestamp,url,campaign,value,user_agent
    1,anna,newsletter_signup,2026-02-01,,,,
    2,anna,newsletter_signup,2026-03-01,,,,
    3,anna,purchase,2026-11-10T10:00:00Z,/shop/tent,,\"300,00\",
    4,anna,page_view,2026-11-10T09:00:00Z,/shop/tent,,,
    5,anna,page_view,2026-11-10T09:01:00Z,/shop/mug,,,
    6,anna,page_view,2026-11-10T09:02:00Z,/shop/lamp,,,
    7,anna,survey,2026-05-05,,,9,
    8,anna,support_chat,2026-09-05,,,3,
    9,anna,email_open,2026-11-20T06:00:00Z,,black-friday-2026,,
    10,anna@poczta.example,add_to_cart,2026-11-22T23:30:00Z,/shop/tent,black-friday-2026,,
    11,olena,add_to_cart,2026-11-23T08:00:00Z,/shop/tent,black-friday-2026,,
    12,jan,add_to_cart,2026-11-22T22:30:00Z,/shop/tent,black-friday-2026,,
    13,ewa,add_to_cart,2026-11-23T08:00:00Z,/shop/mug,black-friday-2026,,
    14,ewa,purchase,2026-11-23T08:10:00Z,/shop/mug,black-friday-2026,\"29,90\",";

/// Global points for everybody, local ones for one campaign. Anna: age 5, woman 2, Warsaw 3, Polish
/// 3, sport 8, travel 5, mobile 5, newsletter 10 (once), bought in the last month 20, 300 PLN this
/// year 10, three things looked at 5, survey 3, support 3, one opening 1: 83. Locally: opened 5,
/// basket 20. The sale begins at 23:00 UTC; Jan was half an hour early.
#[test]
fn the_audience_of_the_sale_is_who_in_poland_filled_a_basket_during_it() {
    Scene::with("shop-black-friday.yaml").contacts(SHOP_CONTACTS).activities(SHOP_ACTIVITIES).score().is("
        contact_id,lead_rank,lead_shopper,lead_shopper_grade,lead_black_friday,lead_black_friday_grade,lead_segments
        ewa,1,25,silver,60,buyer,PL Black Friday
        anna,2,83,gold,25,basket,PL Black Friday;Basket left behind
        jan,3,0,bronze,20,basket,
        olena,4,0,bronze,,,");
}

/// Newcomers who have the traits of buyers get points: from the UK, fond of sport, on a mobile.
#[test]
fn newcomers_with_the_traits_of_buyers_come_first() {
    Scene::with("lookalike-by-hand.yaml")
        .contacts(
            "contact_id,company,won,country,interests,device
            twin,,,GB,sport;home,mobile
            briton,,,GB,,desktop
            mobile,,n/a,PL,home,mobile
            other,,,PL,,desktop
            customer,,yes,GB,sport,mobile
            firm,Fala,,GB,sport,mobile",
        )
        .score()
        .is("
            contact_id,lead_rank,lead_lookalike,lead_grade
            twin,1,80,like
            briton,2,46,like
            mobile,3,12,somewhat
            other,4,0,unlike
            customer,5,,
            firm,6,,");
}

// --- A guide to advanced scoring models ------------------------------------------------------------

/// Satisfaction from 1 to 10 beside the days on which somebody was active.
#[test]
fn the_happiest_the_unhappiest_and_the_most_active_are_found() {
    let mut activities = String::from("activity_id,contact_id,type,timestamp,user_agent\n");
    for day in 1..=9 {
        activities += &format!("a{day},a,page_view,2026-11-0{day},\n");
    }
    activities += "b1,b,page_view,2026-11-01,\nb2,b,page_view,2026-11-02,\n";
    activities += "c1,c,page_view,2026-11-01,\n";
    activities += "d1,d,call,2026-11-01,\ne1,e,page_view,2026-01-01,\n";
    let scene = Scene::with("nps-and-activity.yaml").contacts(
        "contact_id,email,nps_answer
            a,,9
            b,,10
            c,,3
            d,,8
            e,,9",
    );
    scene.activities(&activities).score().is("
        contact_id,lead_rank,lead_active_days,lead_activity_grade,lead_satisfaction_grade,lead_nps,lead_segments
        a,1,9,most active,happiest,promoter,Ask for a reference;Most active
        b,2,2,active,happiest,promoter,Ask for a reference
        c,3,1,calm,unhappiest,detractor,Call today
        d,4,0,calm,content,passive,
        e,5,0,calm,happiest,promoter,Happy but silent");
}

/// The scores of several buyers make one score of the account; ten readers do not outweigh two who
/// decide. Fala: a meeting 50 and a demo asked for 60 days ago, half of 40; a webinar 15 and two
/// pages 4 each, half of 23: 81.5. Obrij: ten people with one opening: 2 + 1 + 0.5 + 0.5.
#[test]
fn an_account_is_ready_by_its_deciders_and_not_by_its_headcount() {
    let mut contacts = String::from(
        "contact_id,email,company,company_id,seniority
        chief,,Fala,00101,c-level
        director,,Fala,00101,director
        intern,,Fala,00101,intern
        ",
    );
    let mut activities = String::from(
        "activity_id,contact_id,type,timestamp,url,user_agent
        1,director,meeting_booked,2026-08-01T12:00:00Z,,
        2,director,demo_request,2026-09-24T12:00:00Z,,
        3,chief,page_view,2026-11-23T12:00:00Z,/buy/pricing,
        4,chief,page_view,2026-11-23T12:00:00Z,/buy/security,
        6,chief,webinar_attended,2026-11-23T12:00:00Z,,
        5,intern,meeting_booked,2026-11-23T12:00:00Z,,
        ",
    );
    for reader in 0..10 {
        contacts += &format!("reader{reader},,Обрій,00202,specialist\n");
        activities += &format!("r{reader},reader{reader},email_open,2026-11-23T12:00:00Z,,\n");
    }
    let scene = Scene::with("buying-committee.yaml").contacts(&contacts).activities(&activities);
    let scene = scene.also("accounts", "accounts.csv");
    scene.score();
    Table::parse(&scene.read("accounts.csv")).is("
        company_id,contacts,lead_account_score,lead_account_score_grade,lead_champion,lead_decision_makers,lead_account_stage
        00101,2,81.5,ready,70,2,MQA
        00202,10,4,quiet,2,0,");
}

/// An average buyer took in 5, 3 and 4 pieces: 12 parts of 8 points; sales raised the prices by 4.
#[test]
fn twelve_pieces_of_content_make_a_contact_sales_ready() {
    let urls = [
        "/learn/1",
        "/learn/2",
        "/learn/3",
        "/learn/4",
        "/learn/5",
        "/compare/1",
        "/compare/2",
        "/files/1",
        "/buy/pricing",
        "/buy/2",
        "/buy/3",
        "/buy/4",
    ];
    let mut activities = String::from("activity_id,contact_id,type,timestamp,url,user_agent\n");
    for (number, url) in urls.iter().enumerate() {
        activities += &format!("a{number},buyer,page_view,2026-10-01,{url},\n");
        activities += &format!("b{number},buyer,page_view,2026-10-02,{url},\n"); // read twice, counted once
        if number < 8 {
            activities += &format!("c{number},halfway,page_view,2026-10-01,{url},\n");
        }
    }
    let contacts = "contact_id,email\nhalfway,\nbuyer,\nnobody,";
    Scene::with("tallies-by-stage.yaml").contacts(contacts).activities(&activities).score().is("
        contact_id,lead_rank,lead_journey,lead_stage,lead_learned,lead_compared,lead_decided
        buyer,1,100,Sales-ready,5,3,4
        halfway,2,64,Comparing,5,3,0
        nobody,3,0,,0,0,0");
}

// --- A scale of 0 to 100 -----------------------------------------------------------------------------

/// E-mail opened 2, link clicked 5, site visited 10, premium material 15, meeting booked 50; never
/// above 100. At a set number of points, or by an act of its own, a contact passes to sales.
#[test]
fn the_scale_runs_from_0_to_100_and_hands_over_by_itself() {
    let activities = "
        activity_id,contact_id,type,timestamp,url,campaign,user_agent
        1,each,email_open,2026-11-10T08:00:00Z,,n,
        2,each,email_click,2026-11-10T08:01:00Z,,n,
        3,each,page_view,2026-11-10T08:02:00Z,/,n,
        4,each,content_download,2026-11-10T08:03:00Z,/files/a,n,
        5,each,meeting_booked,2026-11-11T08:00:00Z,,,
        6,visitor,page_view,2026-11-01T12:00:00Z,/,,
        7,visitor,page_view,2026-11-02T12:00:00Z,/,,
        8,visitor,page_view,2026-11-03T12:00:00Z,/,,
        9,visitor,page_view,2026-11-04T12:00:00Z,/,,
        10,visitor,page_view,2026-11-05T12:00:00Z,/,,
        11,asker,quote_request,2026-11-05T12:00:00Z,/buy,,
        12,eager,page_view,2026-11-01T12:00:00Z,/,,
        13,eager,page_view,2026-11-02T12:00:00Z,/,,
        14,eager,page_view,2026-11-03T12:00:00Z,/,,
        15,eager,page_view,2026-11-04T12:00:00Z,/,,
        16,eager,content_download,2026-11-04T12:00:00Z,/files/a,,
        17,eager,content_download,2026-11-04T12:00:00Z,/files/b,,
        18,eager,content_download,2026-11-04T12:00:00Z,/files/c,,
        19,eager,meeting_booked,2026-11-05T12:00:00Z,,,
        20,past,meeting_booked,2026-01-05T12:00:00Z,,,
        21,gone,meeting_booked,2026-11-05T12:00:00Z,,,
        22,gone,unsubscribe,2026-11-06T12:00:00Z,,,
        23,scanner,email_click,2026-11-06T12:00:00Z,,n,LinkScanner/7";
    let contacts = "contact_id,email\neach,\nvisitor,\nasker,\neager,\npast,\ngone,\nscanner,";
    Scene::with("engagement-scale.yaml").contacts(contacts).activities(activities).score().is("
        contact_id,lead_rank,lead_engagement,lead_grade,lead_stage,lead_mql,lead_sql
        eager,1,100,1,SQL,true,true
        each,2,82,1,SQL,true,true
        visitor,3,40,2,MQL,true,false
        asker,4,0,4,SQL,true,true
        past,5,0,4,,false,false
        scanner,6,0,4,,false,false
        gone,7,50,2,disqualified,false,false");
}

/// Up to 25 scales for separate audiences; here there are 25, and one over all.
#[test]
fn twenty_five_scales_stand_side_by_side() {
    let contacts = "contact_id,email,company,country,industry,employees,seniority,region,phone,interests,created_at
        chief,,Fala,PL,manufacturing,300,c-level,mazowieckie,+48 001,,2024-01-01
        shopper,,,UA,,,,,,sport;home,2026-11-20";
    let activities = "activity_id,contact_id,type,timestamp,url,user_agent
        1,chief,demo_request,2026-11-01,/buy/pricing,
        2,shopper,page_view,2026-11-21,/shop/mug,
        3,shopper,page_view,2026-11-21,/shop/lamp,";
    let scored = Scene::with("twenty-five-scales.yaml").contacts(contacts).activities(activities).score();
    let scales = scored.0[0].iter().filter(|name| name.starts_with("lead_")).count();
    assert_eq!(scales, 25 + 5, "rank, 25 scales, the overall one, its grade, the grade and the reasons");
    scored.is("
        contact_id,lead_poland,lead_ukraine,lead_manufacturing,lead_large_firms,lead_chiefs,lead_sport_fans,lead_home_makers,lead_newcomers,lead_dormant,lead_overall
        chief,30,,50,50,35,,,,30,47.5
        shopper,,,,,,10,10,8,,20");
}

// --- A precise definition ------------------------------------------------------------------------------

/// Mazowieckie, more than 100 employees, an order above 10,000 PLN, talks with the chief executive
/// or a director: every criterion must hold, and a hair's breadth less is not enough.
#[test]
fn only_the_lead_that_meets_every_criterion_is_taken() {
    let contacts = "
        contact_id,email,company,industry,title,seniority,employees,region,order_value,close_date
        take,,Fala,manufacturing,Prezes zarządu,c-level,101,Mazowieckie,\"10 000,01\",2027-01-15
        director,,Fala,manufacturing,Dyrektor sprzedaży,director,1 200,mazowieckie,\"24 000,00 zł\",2027-01-15
        hundred,,Fala,manufacturing,Prezes zarządu,c-level,100,mazowieckie,\"10 000,01\",2027-01-15
        ten-thousand,,Fala,manufacturing,Prezes zarządu,c-level,101,mazowieckie,10000,2027-01-15
        silent,,Fala,manufacturing,Prezes zarządu,c-level,101,mazowieckie,\"10 000,01\",2027-01-15
        kraków,,Fala,manufacturing,Prezes zarządu,c-level,101,małopolskie,\"10 000,01\",2027-01-15
        clerk,,Fala,manufacturing,Księgowa,specialist,101,mazowieckie,\"10 000,01\",2027-01-15
        five-thousand,,Fala,manufacturing,Prezes zarządu,c-level,101,mazowieckie,5000,2027-01-15
        late,,Fala,manufacturing,Prezes zarządu,c-level,101,mazowieckie,8000,2027-06-30
        rival,,Konkurent S.A.,manufacturing,Prezes zarządu,c-level,101,mazowieckie,50000,2027-01-15
        student,,Fala,manufacturing,Student,student,101,mazowieckie,50000,2027-01-15
        small,,Fala,manufacturing,Prezes zarządu,c-level,101,mazowieckie,\"999,99\",2027-01-15";
    let mut activities = String::from("activity_id,contact_id,type,timestamp\n");
    let called = "take director hundred ten-thousand kraków clerk five-thousand late rival student small";
    for (number, contact) in called.split(' ').enumerate() {
        activities += &format!("{number},{contact},call,2026-10-01 10:00\n");
    }
    Scene::with("precise-b2b-lead.yaml").contacts(contacts).activities(&activities).score().is("
        contact_id,lead_rank,lead_precise,lead_grade,lead_stage,lead_disqualified_by
        director,1,100,A,Take,
        take,2,100,A,Take,
        hundred,3,90,A,Little effort,
        kraków,4,90,A,Little effort,
        silent,5,90,A,Little effort,
        ten-thousand,6,90,A,Little effort,
        clerk,7,85,A,Little effort,
        five-thousand,8,85,A,,
        late,9,80,A,,
        rival,10,100,A,disqualified,Competitor
        student,11,85,A,disqualified,Student or intern
        small,12,80,A,disqualified,Order too small");
}

// --- What people ask of other products and do not get --------------------------------------------------

/// A decimal in millionths, without going through a float.
fn millionths(text: &str) -> i128 {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    assert!(part.len() <= 6, "{text}");
    sign * format!("{whole}{part:0<6}").parse::<i128>().unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

/// Why did this contact get this score: for every contact of the sample data, every score, in a
/// file, adding up exactly.
#[test]
fn the_breakdown_of_every_sample_contact_adds_up_exactly() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data");
    let scene = Scene::with("complete.yaml")
        .args(&[&sample.join("contacts.csv").display().to_string(), "--activities"])
        .args(&[&sample.join("activities.csv").display().to_string()])
        .also("breakdown", "why.csv");
    let scored = scene.score();
    let why = Table::parse(&scene.read("why.csv"));
    let mut sums: BTreeMap<(&str, &str), i128> = BTreeMap::new();
    let lines = why.column("contact").into_iter().zip(why.column("score")).zip(why.column("points"));
    for ((contact, score), points) in lines {
        *sums.entry((contact, score)).or_default() += millionths(points);
    }
    let mut checked = 0;
    for score in ["fit", "engagement", "black_friday", "total"] {
        let values = scored.column(&format!("lead_{score}"));
        for (contact, value) in scored.column("contact_id").into_iter().zip(values) {
            let sum = sums.get(&(contact, score)).copied().unwrap_or(0);
            let value = if value.is_empty() { 0 } else { millionths(value) };
            assert_eq!(sum, value, "{contact}, {score}");
            checked += 1;
        }
    }
    assert!(checked > 1900, "{checked}");
}

/// Points fade per behaviour; caps hold per rule, per group and per day; a material counts once;
/// the number of views falls into bands.
#[test]
fn fading_caps_once_per_material_and_bands_work_together() {
    let rules = "
version: 1
tallies:
  views: { activity: email_view }
scores:
  engagement:
    rules:
      - { name: Downloaded, activity: content_download, points: 10, per: url, decay: { half_life: 30d } }
      - group: E-mail
        limit: 12
        rules:
          - { name: Clicked, activity: email_click, points: 3, cap_per_day: 6, cap: 9 }
          - { name: Views, points_by: views, steps: { 1: 2, 4: 5 } }
";
    let activities = "contact_id,type,timestamp,url
        a,content_download,2026-09-24T12:00:00Z,/guide
        a,content_download,2026-10-24T12:00:00Z,/guide
        a,content_download,2026-11-23T12:00:00Z,/report
        a,email_click,2026-11-01T08:00:00Z,
        a,email_click,2026-11-01T09:00:00Z,
        a,email_click,2026-11-01T10:00:00Z,
        a,email_click,2026-11-02T08:00:00Z,
        a,email_click,2026-11-02T09:00:00Z,
        a,email_view,2026-11-01,
        a,email_view,2026-11-01,
        a,email_view,2026-11-01,
        a,email_view,2026-11-01,
        b,email_view,2026-11-01,
        b,email_view,2026-11-01,
        b,email_view,2026-11-01,";
    // a: 10 and half of 10 (the newer of the two); clicks 6 + 6, at most 9, with 5 for the views at most 12.
    Scene::of(rules).contacts("contact_id\na\nb").activities(activities).score().is("
        contact_id,lead_rank,lead_engagement
        a,1,27
        b,2,2");
}

/// 1.33 must not become 133, nor 00123 become 123: what comes in goes out, cell by cell.
#[test]
fn cells_come_back_as_they_were() {
    let rules = "version: 1\nscores:\n  s:\n    rules:\n      - { name: N, when: { id: present }, points: 1 }\n";
    let text = "id,number,date,quoted,blank,long\n\
                00123,1.33,01.11.2026,\"a, \"\"b\"\"\nc\",  x ,12345678901234567890\n\
                00124,\"1,330\",2026-11-01,=1+1,,0012e5\n";
    let scene = Scene::of(rules);
    fs::write(scene.path("contacts-0.csv"), text).expect("written");
    let file = scene.path("contacts-0.csv").display().to_string();
    let scored = scene.args(&[&file]).score();
    let before = Table::parse(text);
    for (row, (old, new)) in before.0.iter().zip(&scored.0).enumerate() {
        assert_eq!(old[..], new[..old.len()], "row {row}");
    }
}

/// Activities that match no contact, duplicate contacts, duplicate activities: seen, counted, decided
/// by a stated policy. The sample data has some of each; its README says where.
#[test]
fn what_was_passed_over_is_counted_by_its_cause() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data");
    let scene = Scene::with("complete.yaml")
        .args(&[&sample.join("contacts.csv").display().to_string(), "--activities"])
        .args(&[&sample.join("activities.csv").display().to_string()])
        .also("summary", "summary.json");
    scene.score();
    let summary: serde_json::Value = serde_json::from_str(&scene.read("summary.json")).expect("JSON");
    let contacts = &summary["contacts"];
    assert_eq!((&contacts["rows"], &contacts["scored"]), (&500.into(), &497.into()), "three rows are merged");
    assert_eq!(contacts["duplicates"], 3);
    assert_eq!(contacts["without_id"], 1);
    assert_eq!(contacts["shared_names"], 2, "one mailbox of two people, one person under two ids");
    let activities = &summary["activities"];
    assert_eq!(activities["orphaned"], 5);
    assert_eq!(activities["repeated"], 12);
    assert_eq!(activities["future"], 1);
    assert_eq!(activities["without_time"], 2);
    assert_eq!(activities["ignored"][0]["name"], "Mail scanners");
    let unreadable = summary["unreadable"].as_array().expect("a list");
    assert_eq!(unreadable.len(), 1, "{unreadable:?}");
    assert_eq!(unreadable[0]["text"], "2026-13-45");
}

/// An honest look back: each lead is scored as it stood when it was decided, not as it stands today.
#[test]
fn a_lead_is_scored_as_it_stood_when_it_was_decided() {
    let scene = || {
        let scene = Scene::with("minimal.yaml").contacts(
            "contact_id,email,phone,decided_at
            early,,,2026-03-01
            late,,,2026-09-01
            open,,,",
        );
        scene.activities(
            "contact_id,type,timestamp
            early,meeting_booked,2026-04-01
            late,meeting_booked,2026-04-01
            open,meeting_booked,2026-04-01",
        )
    };
    scene().score().is("contact_id,lead_score\nearly,50\nlate,50\nopen,50");
    let then = scene().args(&["--as-of-field", "decided_at"]).score();
    then.is("contact_id,lead_score\nlate,50\nopen,50\nearly,0");
}
