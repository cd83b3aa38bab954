//! The figures of small lists, worked out by hand.

use super::*;

fn outcome() -> Outcome {
    Outcome { column: "won".to_owned(), value: None }
}

/// Rows with a score (negative: none) and an outcome: `+` reached, `-` not, `?` not known yet.
fn rows(of: &[(f64, char)]) -> ScoredRows {
    ScoredRows {
        score: "lead_total".to_owned(),
        scores: of.iter().map(|&(score, _)| (score >= 0.0).then_some(score)).collect(),
        outcomes: of.iter().map(|&(_, outcome)| (outcome != '?').then_some(outcome == '+')).collect(),
        disqualified: 0,
        grades: Vec::new(),
        stage: None,
        reached: Vec::new(),
        months: None,
    }
}

/// `names[i]` has `counts[i].1` contacts, of whom `counts[i].0` reached the outcome.
fn graded(names: &[&str], ordered: usize, counts: &[(usize, usize)]) -> ScoredRows {
    let mut all = rows(&[]);
    let mut levels = Levels {
        column: "lead_grade".to_owned(),
        names: names.iter().map(|name| name.to_string()).collect(),
        ordered,
        rows: Vec::new(),
    };
    for (grade, &(reached, contacts)) in counts.iter().enumerate() {
        for nth in 0..contacts {
            levels.rows.push(grade as u32);
            all.scores.push(Some(10.0 - grade as f64));
            all.outcomes.push(Some(nth < reached));
        }
    }
    all.grades.push(levels);
    all
}

fn warnings(of: &ScoredRows) -> Vec<(&'static str, String)> {
    let evaluation = Evaluation::of("f", &outcome(), of, None);
    let grades = evaluation.warnings.into_iter().filter(|warning| warning.code != "few-outcomes");
    grades.map(|warning| (warning.code, warning.message)).collect()
}

#[test]
fn who_is_not_ranked_or_not_decided_is_counted_where_it_belongs() {
    let mut all = rows(&[(5.0, '+'), (4.0, '-'), (3.0, '?'), (-1.0, '+')]);
    all.disqualified = 1;
    let found = Evaluation::of("f", &outcome(), &all, None);
    let Contacts { rows, undecided, disqualified, ranked, reached } = found.contacts;
    assert_eq!((rows, undecided, disqualified, ranked, reached), (4, 1, 1, 2, 1));
    assert_eq!((found.conversion.contacts, found.conversion.reached), (3, 2));
    assert_eq!(found.roc_auc.unwrap().value, 1.0);
}

#[test]
fn tenths_share_those_with_one_score_and_their_recall_ends_at_one() {
    // Twenty contacts, two a tenth; four share the score 9, and three of them reached the outcome.
    let scores = [10, 10, 9, 9, 9, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1].map(f64::from);
    let outcomes = ['+', '-', '+', '+', '+', '-'].into_iter().chain(std::iter::repeat('-'));
    let all: Vec<(f64, char)> = scores.into_iter().zip(outcomes).collect();
    let parts = Evaluation::of("f", &outcome(), &rows(&all), None).lift;
    assert_eq!(parts.len(), 10);
    assert_eq!((parts[0].contacts, parts[0].reached, parts[0].least_score), (2, 1.0, 10.0));
    assert_eq!((parts[1].reached, parts[1].conversion, parts[1].least_score), (1.5, 0.75, 9.0));
    assert_eq!((parts[1].lift, parts[1].recall), (Some(0.75 / 0.2), Some(2.5 / 4.0)));
    assert_eq!((parts[3].least_score, parts[9].recall), (7.0, Some(1.0)));
}

#[test]
fn few_contacts_make_few_parts() {
    let parts = Evaluation::of("f", &outcome(), &rows(&[(2.0, '+'), (1.0, '-'), (1.0, '-')]), None).lift;
    assert_eq!(parts.iter().map(|part| part.contacts).sum::<u64>(), 3);
    assert_eq!(parts.len(), 3);
}

#[test]
fn a_threshold_takes_all_with_its_score() {
    let all = rows(&[(5.0, '+'), (4.0, '-'), (4.0, '+'), (1.0, '+'), (1.0, '-')]);
    let found = Evaluation::of("f", &outcome(), &all, None).thresholds;
    let shown: Vec<_> = found.iter().map(|at| (at.score, at.contacts, at.reached)).collect();
    assert_eq!(shown, [(5.0, 1, 1), (4.0, 3, 2), (1.0, 5, 3)]);
    assert_eq!((found[1].precision, found[1].recall, found[1].f1), (Some(2.0 / 3.0), Some(2.0 / 3.0), Some(4.0 / 6.0)));
}

#[test]
fn of_many_thresholds_some_twenty_are_shown_and_the_last_takes_everybody() {
    let all: Vec<(f64, char)> = (0..1000).map(|at| (f64::from(at), if at % 3 == 0 { '+' } else { '-' })).collect();
    let found = Evaluation::of("f", &outcome(), &rows(&all), None).thresholds;
    let contacts: Vec<u64> = found.iter().map(|at| at.contacts).collect();
    assert_eq!(contacts, (1..=20).map(|nth| nth * 50).collect::<Vec<u64>>());
}

#[test]
fn a_capacity_counts_the_undecided_and_never_parts_a_tie() {
    let all = rows(&[(5.0, '+'), (5.0, '?'), (4.0, '-'), (4.0, '+'), (3.0, '?'), (1.0, '+')]);
    let of = |capacity| Evaluation::of("f", &outcome(), &all, Some(capacity)).capacity.unwrap();
    let shown = |capacity| {
        let Capacity { takes, threshold, .. } = of(capacity);
        (takes, threshold.map(|at| (at.score, at.contacts, at.reached)))
    };
    assert_eq!(shown(0), (0, None));
    assert_eq!(shown(1), (0, None), "two share the highest score");
    assert_eq!(shown(3), (2, Some((5.0, 1, 1))));
    assert_eq!(shown(4), (4, Some((4.0, 3, 2))));
    assert_eq!(shown(5), (5, Some((3.0, 3, 2))));
    assert_eq!(shown(u64::MAX), (6, Some((1.0, 4, 3))));
    assert_eq!(of(4).threshold.unwrap().recall, Some(2.0 / 3.0));
}

#[test]
fn a_higher_grade_that_converts_worse_is_warned_about() {
    let worse = warnings(&graded(&["A", "B", "C"], 3, &[(30, 400), (60, 400), (0, 100)]));
    let message =
        "lead_grade: A converts worse than B (30 of 400 against 60 of 400), which is hardly chance (p < 0.005)";
    assert_eq!(worse, [("higher-converts-worse", message.to_owned())]);
    let perhaps = warnings(&graded(&["A", "B"], 2, &[(1, 10), (5, 10)]));
    assert_eq!(perhaps.len(), 1);
    assert_eq!(perhaps[0].0, "higher-converts-worse-perhaps");
    assert!(perhaps[0].1.ends_with("which may be chance (p = 0.07)"), "{perhaps:?}");
}

#[test]
fn grades_further_apart_are_compared_where_it_is_hardly_chance() {
    let found = warnings(&graded(&["A", "B", "C"], 3, &[(1, 40), (0, 0), (20, 40)]));
    assert_eq!(found.len(), 1, "nobody has a B, so C is next to A: {found:?}");
    let found = warnings(&graded(&["A", "B", "C"], 3, &[(10, 100), (9, 100), (25, 100)]));
    let pairs: Vec<&str> = found.iter().map(|(_, message)| &message[12..32]).collect();
    assert_eq!(pairs, ["A converts worse tha", "B converts worse tha"]);
    assert!(found.iter().all(|(code, _)| *code == "higher-converts-worse"));
}

#[test]
fn grades_without_an_order_and_equal_shares_are_no_cause_for_a_warning() {
    assert_eq!(warnings(&graded(&["A1", "B3"], 0, &[(1, 100), (50, 100)])), []);
    assert_eq!(warnings(&graded(&["A", "B", ""], 2, &[(5, 100), (10, 200), (90, 100)])), []);
}

#[test]
fn few_of_either_outcome_are_warned_about() {
    let codes = |yes, no| {
        let found = Evaluation::of("f", &outcome(), &graded(&["A"], 1, &[(yes, yes + no)]), None).warnings;
        found.into_iter().map(|warning| warning.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(25, 25), [] as [&str; 0]);
    assert_eq!(codes(24, 25), ["few-outcomes"]);
    assert_eq!(codes(0, 1), ["few-outcomes", "few-outcomes"]);
}

#[test]
fn months_come_in_order_each_with_its_own_ranking() {
    let mut all = rows(&[(5.0, '+'), (4.0, '-'), (3.0, '+'), (2.0, '-'), (1.0, '+'), (0.0, '?')]);
    let (november, december) = (2026 * 12 + 10, 2026 * 12 + 11);
    all.months = Some(vec![Some(december), Some(november), Some(november), Some(december), None, None]);
    let found = Evaluation::of("f", &outcome(), &all, None).months.unwrap();
    let shown: Vec<_> =
        found.months.iter().map(|of| (&*of.month, of.conversion.reached, of.roc_auc.unwrap().value)).collect();
    assert_eq!(shown, [("2026-11", 1, 0.0), ("2026-12", 1, 1.0)]);
    assert_eq!(found.without_date, 1);
}

#[test]
fn nobody_at_all_is_no_reason_to_panic() {
    for all in [rows(&[]), rows(&[(1.0, '?')]), rows(&[(-1.0, '+')]), rows(&[(1.0, '+')])] {
        let found = Evaluation::of("f", &outcome(), &all, Some(3));
        assert!(found.roc_auc.is_none());
    }
}
