//! Which rule greets an arrival: the first that fits, unless the code they came by names one.

use super::facts::Facts;
use super::plan::Ready;
use serde::Serialize;

/// Why a rule greets, or does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The rule's id.
    pub rule: String,
    pub name: String,
    pub fits: bool,
    /// `fits`; `named` (by the live code); else what it fails by: `inactive`, `channel`, `staff`, `store`, `department`, `history`, `tags`, `hours`.
    pub because: &'static str,
}

/// What was looked at, in order; the last step is the rule that greets, when one does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Decision {
    pub steps: Vec<Step>,
}

impl Decision {
    pub fn rule(&self) -> Option<&str> {
        self.steps.last().filter(|step| step.fits).map(|step| step.rule.as_str())
    }
}

/// `named`: the rule that the live code names. It greets whatever its conditions say, as long as it is active.
pub(super) fn decide(rules: &[Ready], facts: &Facts, named: Option<&str>) -> Decision {
    let step = |rule: &Ready, fits: bool, because: &'static str| Step {
        rule: rule.row.id.clone(),
        name: rule.row.name.clone(),
        fits,
        because,
    };
    let mut decision = Decision::default();
    if let Some(rule) = named.and_then(|id| rules.iter().find(|rule| rule.row.id == id)) {
        let active = rule.row.active;
        decision.steps.push(step(rule, active, if active { "named" } else { "inactive" }));
        if active {
            return decision;
        }
    }
    for rule in rules.iter().filter(|rule| Some(rule.row.id.as_str()) != named) {
        let fails = failing(rule, facts);
        decision.steps.push(step(rule, fails.is_none(), fails.unwrap_or("fits")));
        if fails.is_none() {
            break;
        }
    }
    decision
}

/// The first condition that does not hold.
fn failing(rule: &Ready, facts: &Facts) -> Option<&'static str> {
    let when = &rule.row.when;
    let checks: [(&'static str, bool); 8] = [
        ("inactive", rule.row.active),
        ("channel", when.channels.is_empty() || when.channels.contains(&facts.channel)),
        ("staff", when.staff.is_empty() || when.staff.iter().any(|own| own.eq_ignore_ascii_case(&facts.staff.userid))),
        ("store", when.stores.is_empty() || when.stores.contains(&facts.staff.store)),
        (
            "department",
            when.departments.is_empty() || facts.staff.departments.iter().any(|id| rule.departments.contains(id)),
        ),
        ("history", when.history.is_empty() || when.history.iter().any(|own| facts.history.contains(own))),
        ("tags", when.tags.is_empty() || when.tags.iter().any(|tag| facts.tags.contains(tag))),
        ("hours", when.hours.is_empty() || when.hours.iter().any(|own| own.holds(facts.weekday, facts.minute))),
    ];
    checks.into_iter().find(|(_, holds)| !holds).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::welcome::facts::History;
    use crate::welcome::rule::{Hours, RuleKind, RuleRow, When};
    use siyu_contacts::Colleague;
    use siyu_kernel::Time;

    fn rule(id: &str, active: bool, when: When) -> Ready {
        let departments = when.departments.iter().copied().chain((when.departments == [1]).then_some(12)).collect();
        let row = RuleRow {
            id: id.into(),
            name: id.to_uppercase(),
            active,
            kind: RuleKind::Send,
            when,
            content: Default::default(),
            version: 1,
            created_at: Time(0),
            created_by: String::new(),
            changed_at: Time(0),
            changed_by: String::new(),
        };
        Ready { row, departments }
    }
    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|one| (*one).to_owned()).collect()
    }
    fn facts() -> Facts {
        Facts {
            channel: "counter".into(),
            staff: Colleague {
                key: "lin".into(),
                userid: "Lin".into(),
                store: "S1".into(),
                departments: vec![12],
                ..Colleague::default()
            },
            history: [History::Friend, History::Bought].into(),
            tags: ["tag_vip".to_owned()].into(),
            weekday: 2,
            minute: 600,
            ..Facts::default()
        }
    }

    #[test]
    fn every_condition_decides_by_itself() {
        let on = |when: When| decide(&[rule("a", true, when)], &facts(), None).steps[0].because;
        let none = When::default;
        let hours = |from: &str, to: &str| vec![Hours { days: vec![2], from: from.into(), to: to.into() }];
        for (when, want) in [
            (none(), "fits"),
            (When { channels: texts(&["x", "counter"]), ..none() }, "fits"),
            (When { channels: texts(&[""]), ..none() }, "channel"),
            (When { staff: texts(&["LIN"]), ..none() }, "fits"),
            (When { staff: texts(&["wang"]), ..none() }, "staff"),
            (When { stores: texts(&["S2", "S1"]), ..none() }, "fits"),
            (When { stores: texts(&["S2"]), ..none() }, "store"),
            (When { departments: vec![12], ..none() }, "fits"),
            (When { departments: vec![1], ..none() }, "fits"),
            (When { departments: vec![13], ..none() }, "department"),
            (When { history: vec![History::New], ..none() }, "history"),
            (When { history: vec![History::New, History::Bought], ..none() }, "fits"),
            (When { tags: texts(&["tag_x"]), ..none() }, "tags"),
            (When { tags: texts(&["tag_x", "tag_vip"]), ..none() }, "fits"),
            (When { hours: hours("09:00", "18:00"), ..none() }, "fits"),
            (When { hours: hours("18:00", "09:00"), ..none() }, "hours"),
            // All of them at once: the first that fails is told.
            (
                When { channels: texts(&["counter"]), history: vec![History::New], tags: texts(&["no"]), ..none() },
                "history",
            ),
        ] {
            assert_eq!(on(when.clone()), want, "{when:?}");
        }
    }

    #[test]
    fn the_first_fit_wins_and_a_code_may_name_another() {
        let rules = [
            rule("off", false, When::default()),
            rule("new", true, When { history: vec![History::New], ..When::default() }),
            rule("vip", true, When { tags: texts(&["tag_vip"]), ..When::default() }),
            rule("all", true, When::default()),
        ];
        let decision = decide(&rules, &facts(), None);
        assert_eq!(decision.rule(), Some("vip"));
        let why: Vec<&str> = decision.steps.iter().map(|step| step.because).collect();
        assert_eq!(why, ["inactive", "history", "fits"]);
        // Its own conditions do not count then; off, deleted and unknown ones leave it to the order.
        assert_eq!(decide(&rules, &facts(), Some("new")).rule(), Some("new"));
        assert_eq!(decide(&rules, &facts(), Some("off")).rule(), Some("vip"));
        assert_eq!(decide(&rules, &facts(), Some("gone")).rule(), Some("vip"));
        assert_eq!(decide(&rules[..2], &facts(), None).rule(), None);
        assert_eq!(decide(&[], &facts(), None).rule(), None);
    }
}
