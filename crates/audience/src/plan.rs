//! From a rule to a plan: fields resolved, values typed, every mistake named with its place.

use crate::fields::{LifeField, Target};
use crate::lives::{Life, STAGES, TIERS};
use crate::rule::{Cond, Node, Op, Rule};
use crate::summary::{Lang, Phrase};
use crate::test::{IntTest, TraitTest, day_of, flag_of, integer_of, number_of, text_of};
use crate::{Audience, Ctx, deeds, refuse};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use siyu_behaviour::kernels::Condition;
use siyu_db::{Tx, params};
use siyu_kernel::{Kind, Money, Refusal, Time};
use siyu_people::{FieldType, Tag};
use std::sync::Arc;

/// A rule that can be evaluated.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) root: PlanNode,
    /// All questions about profile fields, answered in one pass.
    pub(crate) traits: Vec<(String, TraitTest)>,
    /// The rule as a sentence, in the language of the context.
    pub summary: String,
}

#[derive(Clone, Debug)]
pub(crate) enum PlanNode {
    All(Vec<PlanNode>),
    Any(Vec<PlanNode>),
    Not(Vec<PlanNode>),
    Is(Leaf),
    IsNot(Leaf),
}

#[derive(Clone, Debug)]
pub(crate) enum Leaf {
    Count(IntTest),
    Amount(IntTest),
    Net(IntTest),
    Average(IntTest),
    SinceLast(IntTest),
    SinceFirst(IntTest),
    Bought,
    Category(String, IntTest),
    CreatedDays(IntTest),
    SourceIn(Vec<String>),
    SourceContains(String),
    Has(Kind),
    /// Numbers of tags; empty = any tag.
    Tags(Vec<i64>),
    /// Codes.
    Stores(Vec<String>),
    AnyStore,
    /// Place in [`Plan::traits`].
    Trait(usize),
    Life(Life),
    /// Numbers of stored audiences.
    Audiences(Vec<i64>),
    /// Met by nobody who did nothing.
    Deed(Arc<Condition>),
}

pub(crate) fn plan(
    audience: &Audience,
    tx: &mut Tx<'_>,
    rule: &Rule,
    own: Option<&str>,
    ctx: &Ctx,
) -> Result<Plan, Refusal> {
    let names = Names::of(audience, tx, rule, own)?;
    plan_with(audience, tx, rule, own, ctx, &names)
}
/// With names read before, for whoever plans several rules.
pub(crate) fn plan_with(
    audience: &Audience,
    tx: &mut Tx<'_>,
    rule: &Rule,
    own: Option<&str>,
    ctx: &Ctx,
    names: &Names,
) -> Result<Plan, Refusal> {
    let mut planner = Planner { audience, tx, own, lang: ctx.lang, ctx, names, traits: Vec::new() };
    let (root, phrase) = planner.node(&rule.root, "rule")?;
    Ok(Plan { root, summary: phrase.text(), traits: planner.traits })
}

/// A stored audience, as rules name it.
struct Known {
    num: i64,
    name: String,
    rule: Option<String>,
}

/// Tags and audiences that rules may name, by id.
#[derive(Default)]
pub(crate) struct Names {
    tags: FxHashMap<String, Tag>,
    audiences: FxHashMap<String, Known>,
}

impl Names {
    pub fn load(audience: &Audience, tx: &mut Tx<'_>) -> Result<Self, Refusal> {
        Ok(Self { audiences: known_audiences(tx)?, ..Self::tags(audience, tx)? })
    }
    /// As far as this rule needs them.
    fn of(audience: &Audience, tx: &mut Tx<'_>, rule: &Rule, own: Option<&str>) -> Result<Self, Refusal> {
        let mut names = Self::default();
        if rule.names_any() {
            names = Self::tags(audience, tx)?;
        }
        // A tag may ask for an audience: who looks for circles must know all of them.
        if !rule.audiences().is_empty() || own.is_some() && !names.tags.is_empty() {
            names.audiences = known_audiences(tx)?;
        }
        Ok(names)
    }
    /// As far as any of these rules needs them.
    pub fn of_all<'r>(
        audience: &Audience,
        tx: &mut Tx<'_>,
        mut rules: impl Iterator<Item = &'r Rule>,
    ) -> Result<Self, Refusal> {
        if rules.any(Rule::names_any) { Self::load(audience, tx) } else { Ok(Self::default()) }
    }
    fn tags(audience: &Audience, tx: &mut Tx<'_>) -> Result<Self, Refusal> {
        let tags = audience.people.tags(tx)?.into_iter().map(|tag| (tag.id.clone(), tag)).collect();
        Ok(Self { tags, ..Self::default() })
    }
}

fn known_audiences(tx: &mut Tx<'_>) -> Result<FxHashMap<String, Known>, Refusal> {
    let rows = tx.query("SELECT id, num, name, rule FROM audience", &[], |row| {
        Ok((row.text(0)?, Known { num: row.int(1)?, name: row.text(2)?, rule: row.opt_text(3)? }))
    })?;
    Ok(rows.into_iter().collect())
}

struct Planner<'p, 'c> {
    audience: &'p Audience,
    tx: &'p mut Tx<'c>,
    own: Option<&'p str>,
    lang: Lang,
    ctx: &'p Ctx,
    names: &'p Names,
    traits: Vec<(String, TraitTest)>,
}

type Planned = (PlanNode, Phrase);

impl Planner<'_, '_> {
    fn node(&mut self, node: &Node, place: &str) -> Result<Planned, Refusal> {
        let (word, items) = match node {
            Node::Cond(cond) => return self.cond(cond, place),
            Node::Deed(deed) => {
                // What is masked where an event is shown cannot be found out by rules either.
                let fields = self.audience.people.field_table();
                if let Some((below, name)) =
                    deed.properties().into_iter().find(|(_, name)| *name != AMOUNT && fields.hides(name))
                {
                    return Err(refuse::sensitive(&format!("{place}.{}.{below}", deed.key()), name));
                }
                let (condition, turned) = deeds::condition(deed);
                let leaf = Leaf::Deed(Arc::new(condition));
                let phrase = Phrase::deed(self.lang, deed);
                return Ok((if turned { PlanNode::IsNot(leaf) } else { PlanNode::Is(leaf) }, phrase));
            }
            Node::All(items) => ("all", items),
            Node::Any(items) => ("any", items),
            Node::Not(items) => ("not", items),
        };
        let mut nodes = Vec::with_capacity(items.len());
        let mut phrases = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let (node, phrase) = self.node(item, &format!("{place}.{word}[{at}]"))?;
            nodes.push(node);
            phrases.push(phrase);
        }
        let node = match word {
            "all" => PlanNode::All(nodes),
            "any" => PlanNode::Any(nodes),
            _ => PlanNode::Not(nodes),
        };
        Ok((node, Phrase::group(self.lang, word, phrases)))
    }

    fn cond(&mut self, cond: &Cond, place: &str) -> Result<Planned, Refusal> {
        let target =
            Target::parse(&cond.field, &self.audience.people).ok_or_else(|| refuse::field(place, &cond.field))?;
        let allowed = target.operators();
        if !allowed.contains(&cond.op) {
            if let Target::Trait { name, sensitive: true, .. } = &target {
                return Err(refuse::sealed(place, name));
            }
            let names: Vec<&str> = allowed.iter().map(|op| op.name()).collect();
            return Err(refuse::operator(place, &cond.field, &names));
        }
        let (leaf, positive) = self.leaf(&target, cond, place)?;
        let phrase = Phrase::cond(self.lang, &target, cond, self.ctx.currency, |id| {
            let tag = self.names.tags.get(id).map(|tag| tag.name.clone());
            tag.or_else(|| self.names.audiences.get(id).map(|known| known.name.clone()))
        });
        Ok((if positive { PlanNode::Is(leaf) } else { PlanNode::IsNot(leaf) }, phrase))
    }

    /// The question, and whether yes or no is wanted.
    fn leaf(&mut self, target: &Target, cond: &Cond, place: &str) -> Result<(Leaf, bool), Refusal> {
        if cond.op == Op::Exists {
            let wanted = truth(&cond.value, place)?;
            return Ok((self.existence(target), wanted));
        }
        if *target == Target::Life(LifeField::Loyal) {
            return Ok((Leaf::Life(Life::Loyal), truth(&cond.value, place)?));
        }
        if let Target::Has(kind) = target {
            return Ok((Leaf::Has(kind.clone()), truth(&cond.value, place)?));
        }
        let positive = cond.op != Op::Ne;
        let op = if positive { cond.op } else { Op::Eq };
        let leaf = match target {
            Target::Count => Leaf::Count(integers(op, &cond.value, place, 0..=1_000_000_000)?),
            Target::Amount => Leaf::Amount(money(op, &cond.value, place)?),
            Target::Net => Leaf::Net(money(op, &cond.value, place)?),
            Target::Average => Leaf::Average(money(op, &cond.value, place)?),
            Target::SinceLast => Leaf::SinceLast(days(op, &cond.value, place)?),
            Target::SinceFirst => Leaf::SinceFirst(days(op, &cond.value, place)?),
            Target::CreatedDays => Leaf::CreatedDays(days(op, &cond.value, place)?),
            Target::Category(name) => {
                Leaf::Category(name.clone(), integers(op, &cond.value, place, 0..=1_000_000_000)?)
            }
            Target::Source if op == Op::Contains => Leaf::SourceContains(text(&cond.value, place)?.to_lowercase()),
            Target::Source => Leaf::SourceIn(texts(op, &cond.value, place)?),
            Target::Tag => Leaf::Tags(self.tag_numbers(&texts(op, &cond.value, place)?, place)?),
            Target::Audience => Leaf::Audiences(self.audience_numbers(&texts(op, &cond.value, place)?, place)?),
            Target::Store => Leaf::Stores(self.known_stores(texts(op, &cond.value, place)?, place)?),
            Target::Until { name, by, .. } => {
                let test = integers(op, &cond.value, place, 0..=UNTIL_DAYS_MAX)?;
                self.trait_leaf(name, TraitTest::Until(*by, test))
            }
            Target::Trait { name, r#type, .. } => {
                let test = trait_test(*r#type, op, &cond.value, place)?;
                self.trait_leaf(name, test)
            }
            Target::Life(field) => Leaf::Life(life(*field, op, &cond.value, place)?),
            Target::Has(_) => unreachable!("answered above"),
        };
        Ok((leaf, positive))
    }
    fn existence(&mut self, target: &Target) -> Leaf {
        match target {
            Target::Has(kind) => Leaf::Has(kind.clone()),
            Target::Tag => Leaf::Tags(Vec::new()),
            Target::Store => Leaf::AnyStore,
            // A text that is no day has no return.
            Target::Until { name, by, .. } => self.trait_leaf(name, TraitTest::Until(*by, IntTest::new(Op::Gte, 0))),
            Target::Trait { name, .. } => self.trait_leaf(name, TraitTest::Exists),
            _ => Leaf::Bought,
        }
    }
    fn trait_leaf(&mut self, name: &str, test: TraitTest) -> Leaf {
        self.traits.push((name.to_owned(), test));
        Leaf::Trait(self.traits.len() - 1)
    }

    fn tag_numbers(&mut self, ids: &[String], place: &str) -> Result<Vec<i64>, Refusal> {
        for id in ids {
            let tag = self.names.tags.get(id).ok_or_else(|| refuse::tag(place, id))?;
            if self.own.is_some_and(|own| self.depends_on(id, own)) {
                return Err(refuse::cycle(place, &tag.name));
            }
        }
        Ok(ids.iter().map(|id| self.names.tags[id].num).collect())
    }
    fn audience_numbers(&mut self, ids: &[String], place: &str) -> Result<Vec<i64>, Refusal> {
        for id in ids {
            let known = self.names.audiences.get(id).ok_or_else(|| refuse::rule_audience(place, id))?;
            if self.own.is_some_and(|own| self.depends_on(id, own)) {
                return Err(refuse::audience_cycle(place, &known.name));
            }
        }
        Ok(ids.iter().map(|id| self.names.audiences[id].num).collect())
    }
    /// Whether a tag or an audience has a rule that asks, directly or not, for `own`.
    fn depends_on(&self, id: &str, own: &str) -> bool {
        let mut seen = FxHashSet::default();
        let mut todo = vec![id.to_owned()];
        while let Some(id) = todo.pop() {
            if id == own {
                return true;
            }
            if !seen.insert(id.clone()) {
                continue;
            }
            let rule = match self.names.tags.get(&id) {
                Some(tag) => tag.rule.as_deref(),
                None => self.names.audiences.get(&id).and_then(|known| known.rule.as_deref()),
            };
            if let Some(rule) = rule.and_then(|rule| Rule::from_text(rule).ok()) {
                todo.extend(rule.tags().into_iter().chain(rule.audiences()));
            }
        }
        false
    }
    fn known_stores(&mut self, codes: Vec<String>, place: &str) -> Result<Vec<String>, Refusal> {
        let sql = format!("SELECT code FROM store WHERE {}", self.tx.any("code", 1));
        let known = self.tx.query(&sql, params![&codes], |row| row.text(0))?;
        match codes.iter().find(|code| !known.contains(code)) {
            Some(code) => Err(refuse::store(place, code)),
            None => Ok(codes),
        }
    }
}

fn life(field: LifeField, op: Op, value: &Value, place: &str) -> Result<Life, Refusal> {
    let chosen = || -> Result<Vec<usize>, Refusal> {
        let options = field.options();
        let names: Vec<&str> = options.iter().map(|(name, ..)| *name).collect();
        let place_of = |text: String| {
            let wrong = || {
                refuse::value(
                    place,
                    &format!("one of {}", names.join(", ")),
                    &format!("以下之一：{}", names.join("、")),
                )
            };
            names.iter().position(|name| *name == text).ok_or_else(wrong)
        };
        texts(op, value, place)?.into_iter().map(place_of).collect()
    };
    Ok(match field {
        LifeField::Lifecycle => Life::Stage(chosen()?.into_iter().map(|at| STAGES[at].1).collect()),
        LifeField::Aarrr => Life::Aarrr(chosen()?),
        LifeField::Tier => Life::Tier(chosen()?.into_iter().map(|at| TIERS[at].1).collect()),
        LifeField::Segment => {
            let names = chosen()?.into_iter().map(|at| field.options()[at].0.to_owned());
            Life::Segment(names.collect())
        }
        LifeField::Rank(rank) => Life::Rfm(rank, integers(op, value, place, 1..=5)?),
        LifeField::Score => Life::Score(integers(op, value, place, 0..=100)?),
        LifeField::Loyal => Life::Loyal,
    })
}

fn trait_test(r#type: FieldType, op: Op, value: &Value, place: &str) -> Result<TraitTest, Refusal> {
    Ok(match r#type {
        FieldType::Text if op == Op::Contains => TraitTest::Contains(text(value, place)?.to_lowercase()),
        FieldType::Text => TraitTest::Text(texts(op, value, place)?),
        FieldType::List => TraitTest::Entry(text(value, place)?),
        FieldType::Boolean => TraitTest::Flag(truth(value, place)?),
        FieldType::Number => {
            let number = |value: &Value| number_of(value).ok_or_else(|| refuse::value(place, "a number", "数字"));
            TraitTest::Number(op, list(op, value, place, number)?)
        }
        FieldType::Date | FieldType::Datetime => {
            let wrong = || {
                refuse::value(
                    place,
                    "a day (2026-05-01) or an instant (RFC 3339)",
                    "日期（2026-05-01）或时间（RFC 3339）",
                )
            };
            let text = value.as_str().ok_or_else(wrong)?;
            match day_of(text) {
                Some(day) => TraitTest::Day(op, day),
                None => TraitTest::Instant(op, Time::parse(text).map_err(|_| wrong())?),
            }
        }
    })
}

/// Nothing that comes back every year is farther away.
const UNTIL_DAYS_MAX: i64 = 400;
const LIST_MAX: usize = 500;
/// What an order came to is what the books say, whatever an event says under this name.
const AMOUNT: &str = "amount";

fn list<T>(op: Op, value: &Value, place: &str, one: impl Fn(&Value) -> Result<T, Refusal>) -> Result<Vec<T>, Refusal> {
    if op != Op::In {
        return Ok(vec![one(value)?]);
    }
    let wrong = || refuse::value(place, "a list of 1 to 500 values", "1 到 500 个值的列表");
    let items = value.as_array().filter(|items| (1..=LIST_MAX).contains(&items.len())).ok_or_else(wrong)?;
    items.iter().map(one).collect()
}
fn texts(op: Op, value: &Value, place: &str) -> Result<Vec<String>, Refusal> {
    list(op, value, place, |value| text(value, place))
}
fn text(value: &Value, place: &str) -> Result<String, Refusal> {
    let wrong = || refuse::value(place, "text of 1 to 500 characters", "1 到 500 个字符的文本");
    text_of(value).filter(|text| !text.is_empty() && text.chars().count() <= 500).ok_or_else(wrong)
}
fn truth(value: &Value, place: &str) -> Result<bool, Refusal> {
    flag_of(value).ok_or_else(|| refuse::value(place, "true or false", "“是”或“否”（true / false）"))
}
fn integers(op: Op, value: &Value, place: &str, range: std::ops::RangeInclusive<i64>) -> Result<IntTest, Refusal> {
    let (low, high) = (range.start(), range.end());
    let wrong =
        || refuse::value(place, &format!("a whole number from {low} to {high}"), &format!("{low} 到 {high} 的整数"));
    let one = |value: &Value| integer_of(value).filter(|n| range.contains(n)).ok_or_else(wrong);
    Ok(IntTest { op, values: list(op, value, place, one)? })
}
fn money(op: Op, value: &Value, place: &str) -> Result<IntTest, Refusal> {
    let wrong =
        || refuse::value(place, "an amount in whole minor units (fen, cents)", "以最小货币单位（分）表示的整数金额");
    let one = |value: &Value| integer_of(value).filter(|n| n.abs() <= Money::LIMIT_MINOR).ok_or_else(wrong);
    Ok(IntTest { op, values: list(op, value, place, one)? })
}
fn days(op: Op, value: &Value, place: &str) -> Result<IntTest, Refusal> {
    integers(op, value, place, 0..=36_500)
}
