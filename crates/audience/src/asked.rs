//! Conditions answered from the fields in memory: for everybody, or for some. The same answers as [`crate::eval`] gives from the database.

use crate::Ctx;
use crate::plan::{Leaf, Plan, PlanNode};
use crate::set::Set;
use crate::shelf::{Field, Key, NO_DAY, Name, Sight};
use crate::test::{IntTest, Today, TraitTest};
use roaring::RoaringBitmap;
use siyu_kernel::{PersonNum, Time};

/// The fields that a condition needs; empty when it is about something else.
pub(crate) fn keys(leaf: &Leaf, plan: &Plan) -> Vec<Key> {
    match leaf {
        Leaf::Count(_) => vec![Key::Orders],
        Leaf::Amount(_) => vec![Key::Amount],
        Leaf::Net(_) => vec![Key::Net],
        Leaf::Average(_) => vec![Key::Amount, Key::OwnOrders],
        Leaf::SinceLast(_) | Leaf::Bought => vec![Key::LastDay],
        Leaf::SinceFirst(_) => vec![Key::FirstDay],
        Leaf::Category(name, _) => vec![Key::Category(name.clone())],
        Leaf::CreatedDays(_) => vec![Key::CreatedDay],
        Leaf::SourceIn(_) | Leaf::SourceContains(_) => vec![Key::Source],
        Leaf::Has(_) => vec![Key::Has],
        Leaf::Tags(tags) if tags.is_empty() => vec![Key::Tag(None)],
        Leaf::Tags(tags) => tags.iter().map(|tag| Key::Tag(Some(*tag))).collect(),
        Leaf::Stores(_) | Leaf::AnyStore => vec![Key::Stores],
        Leaf::Trait(at) => vec![Key::Trait(plan.traits[*at].0.clone())],
        Leaf::Deed(_) | Leaf::Audiences(_) | Leaf::Life(_) => Vec::new(),
    }
}

impl Plan {
    /// Names a condition: two of the same name have the same answer on the same day.
    pub(crate) fn question(&self, leaf: &Leaf) -> String {
        match leaf {
            Leaf::Trait(at) => format!("{:?}", self.traits[*at]),
            leaf => format!("{leaf:?}"),
        }
    }
    /// Whether what people did is asked for, which is read from columns that follow the log.
    pub(crate) fn looks_back(&self) -> bool {
        self.leaves().iter().any(|leaf| matches!(leaf, Leaf::Deed(_) | Leaf::Audiences(_) | Leaf::Life(_)))
    }
    /// Every condition of the tree, from left to right.
    pub(crate) fn leaves(&self) -> Vec<&Leaf> {
        fn collect<'p>(node: &'p PlanNode, out: &mut Vec<&'p Leaf>) {
            match node {
                PlanNode::All(items) | PlanNode::Any(items) | PlanNode::Not(items) => {
                    items.iter().for_each(|item| collect(item, out));
                }
                PlanNode::Is(leaf) | PlanNode::IsNot(leaf) => out.push(leaf),
            }
        }
        let mut out = Vec::new();
        collect(&self.root, &mut out);
        out
    }
}

/// A condition on one field, ready to be asked. `None` from its makers: the field is not kept, the database must be asked.
pub(crate) struct Asked<'a> {
    pub ctx: &'a Ctx,
    pub sight: &'a Sight,
}

/// Values that fit, when a value of `none` stands for people without one.
enum Fits {
    /// Nobody without a value fits.
    These,
    /// Everybody without one does.
    AllBut,
}

impl Asked<'_> {
    fn field(&self, key: &Key) -> Option<&Field> {
        self.sight.fields.get(key).map(|kept| &*kept.field).filter(|field| !matches!(field, Field::Open))
    }

    /// `stores`: the numbers of the stores a leaf names.
    pub fn everybody(&self, leaf: &Leaf, plan: &Plan, stores: &[i64]) -> Option<Set> {
        let threads = self.sight.threads;
        Some(match leaf {
            Leaf::Count(test) => self.counts(&Key::Orders, test)?,
            Leaf::Category(name, test) => self.counts(&Key::Category(name.clone()), test)?,
            Leaf::Amount(test) => self.amounts(&Key::Amount, test)?,
            Leaf::Net(test) => self.amounts(&Key::Net, test)?,
            Leaf::Average(test) => match (self.field(&Key::Amount)?, self.field(&Key::OwnOrders)?) {
                (Field::Amounts(amounts), Field::Counts(orders)) => {
                    Set::These(amounts.scan_with(orders, threads, |amount, orders| average(test, amount, orders)))
                }
                _ => return None,
            },
            Leaf::SinceLast(test) => self.days(&Key::LastDay, test.days(self.today()))?,
            Leaf::SinceFirst(test) => self.days(&Key::FirstDay, test.days(self.today()))?,
            Leaf::Bought => self.days(&Key::LastDay, (NO_DAY + 1, i32::MAX))?,
            Leaf::CreatedDays(test) => self.days(&Key::CreatedDay, test.days(self.today()))?,
            Leaf::SourceIn(_) | Leaf::SourceContains(_) | Leaf::Trait(_) => {
                let (key, test) = text_test(leaf, plan)?;
                match self.field(&key)? {
                    Field::Codes(codes) => codes.fitting(&test, &self.day(), threads),
                    Field::Texts(texts) => Set::These(texts.containing(part_of(&test)?)),
                    _ => return None,
                }
            }
            Leaf::Has(kind) => Set::These(self.sets(&Key::Has)?.of(&Name::Kind(kind.name()))),
            Leaf::AnyStore => Set::These(self.sets(&Key::Stores)?.any()),
            Leaf::Stores(_) => {
                let sets = self.sets(&Key::Stores)?;
                Set::These(stores.iter().fold(RoaringBitmap::new(), |all, store| all | sets.of(&Name::Store(*store))))
            }
            Leaf::Tags(_) => {
                let mut all = RoaringBitmap::new();
                for key in keys(leaf, plan) {
                    match self.field(&key)? {
                        Field::Tagged(tagged) => all |= tagged.now(self.ctx.now),
                        _ => return None,
                    }
                }
                Set::These(all)
            }
            Leaf::Deed(_) | Leaf::Audiences(_) | Leaf::Life(_) => return None,
        })
    }

    /// Those among some people who fit.
    pub fn some(&self, leaf: &Leaf, plan: &Plan, stores: &[i64], among: &RoaringBitmap) -> Option<RoaringBitmap> {
        let kept =
            |fits: &dyn Fn(PersonNum) -> bool| among.iter().filter(|root| fits(*root)).collect::<RoaringBitmap>();
        Some(match leaf {
            Leaf::Count(_) | Leaf::Category(_, _) => {
                let (key, test) = match leaf {
                    Leaf::Category(name, test) => (Key::Category(name.clone()), test),
                    Leaf::Count(test) => (Key::Orders, test),
                    _ => return None,
                };
                let Field::Counts(counts) = self.field(&key)? else { return None };
                kept(&|root| test.holds(i64::from(counts.get(root))))
            }
            Leaf::Amount(test) | Leaf::Net(test) => {
                let key = if matches!(leaf, Leaf::Net(_)) { Key::Net } else { Key::Amount };
                let Field::Amounts(amounts) = self.field(&key)? else { return None };
                kept(&|root| test.holds(amounts.get(root)))
            }
            Leaf::Average(test) => match (self.field(&Key::Amount)?, self.field(&Key::OwnOrders)?) {
                (Field::Amounts(amounts), Field::Counts(orders)) => {
                    kept(&|root| average(test, amounts.get(root), orders.get(root)))
                }
                _ => return None,
            },
            Leaf::SinceLast(_) | Leaf::SinceFirst(_) | Leaf::Bought | Leaf::CreatedDays(_) => {
                let (key, (from, to)) = match leaf {
                    Leaf::SinceLast(test) => (Key::LastDay, test.days(self.today())),
                    Leaf::SinceFirst(test) => (Key::FirstDay, test.days(self.today())),
                    Leaf::CreatedDays(test) => (Key::CreatedDay, test.days(self.today())),
                    _ => (Key::LastDay, (NO_DAY + 1, i32::MAX)),
                };
                let Field::Days(days) = self.field(&key)? else { return None };
                kept(&|root| (from..to).contains(&days.get(root)))
            }
            Leaf::SourceIn(_) | Leaf::SourceContains(_) | Leaf::Trait(_) => {
                let (key, test) = text_test(leaf, plan)?;
                match self.field(&key)? {
                    Field::Codes(codes) => codes.fitting_among(&test, &self.day(), among),
                    Field::Texts(texts) => {
                        let part = part_of(&test)?;
                        kept(&|root| texts.contains(root, part))
                    }
                    _ => return None,
                }
            }
            Leaf::Has(kind) => self.sets(&Key::Has)?.among(&Name::Kind(kind.name()), among),
            Leaf::AnyStore => self.sets(&Key::Stores)?.any_among(among),
            Leaf::Stores(_) => {
                let sets = self.sets(&Key::Stores)?;
                let own = |store: &i64| sets.among(&Name::Store(*store), among);
                stores.iter().map(own).fold(RoaringBitmap::new(), |all, set| all | set)
            }
            Leaf::Tags(_) => {
                let mut all = RoaringBitmap::new();
                for key in keys(leaf, plan) {
                    let Field::Tagged(tagged) = self.field(&key)? else { return None };
                    all |= kept(&|root| tagged.holds(root, self.ctx.now));
                }
                all
            }
            Leaf::Deed(_) | Leaf::Audiences(_) | Leaf::Life(_) => return None,
        })
    }

    /// The instant up to which time alone does not change what [`Asked::some`] says of a person; `None` when it never does.
    pub fn until(&self, leaf: &Leaf, plan: &Plan, root: PersonNum) -> Option<Time> {
        let (key, test) = match leaf {
            Leaf::SinceLast(test) => (Key::LastDay, test),
            Leaf::SinceFirst(test) => (Key::FirstDay, test),
            Leaf::CreatedDays(test) => (Key::CreatedDay, test),
            Leaf::Tags(_) => {
                let ends = keys(leaf, plan).into_iter().filter_map(|key| match self.field(&key)? {
                    Field::Tagged(tagged) => tagged.until(root).filter(|until| *until > self.ctx.now),
                    _ => None,
                });
                // With several tags the answer changes when the last one ends; the first is a safe moment to look again.
                return ends.min();
            }
            // Which day it is for somebody is not looked up: a safe moment to look again.
            Leaf::Trait(at) if plan.traits[*at].1.is_dated() => {
                return Some(self.ctx.zone.start_of_day(self.today().saturating_add(1)));
            }
            _ => return None,
        };
        let Field::Days(days) = self.field(&key)? else { return None };
        let day = days.get(root);
        if day == NO_DAY {
            return None;
        }
        // In `n` days the window has moved by as many; it is left, or reached, once.
        let today = self.today();
        let holds = |today: i32| {
            let (from, to) = test.days(today);
            (from..to).contains(&day)
        };
        let edges = test.values.iter().flat_map(|n| {
            let n = i32::try_from(*n).unwrap_or(i32::MAX);
            [day.saturating_add(n), day.saturating_add(n).saturating_add(1)]
        });
        let next = edges.filter(|edge| *edge > today && holds(*edge) != holds(today)).min()?;
        Some(self.ctx.zone.start_of_day(next))
    }

    fn day(&self) -> Today<'_> {
        Today::new(&self.ctx.zone, self.ctx.now)
    }
    pub(crate) fn today(&self) -> i32 {
        self.ctx.zone.day(self.ctx.now)
    }
    fn sets(&self, key: &Key) -> Option<&crate::shelf::Sets> {
        match self.field(key)? {
            Field::Sets(sets) => Some(sets),
            _ => None,
        }
    }
    fn counts(&self, key: &Key, test: &IntTest) -> Option<Set> {
        let Field::Counts(counts) = self.field(key)? else { return None };
        let threads = self.sight.threads;
        Some(match fits(test) {
            Fits::These => Set::These(counts.scan(threads, |n| test.holds(i64::from(n)))),
            Fits::AllBut => Set::AllBut(counts.scan(threads, |n| !test.holds(i64::from(n)))),
        })
    }
    fn amounts(&self, key: &Key, test: &IntTest) -> Option<Set> {
        let Field::Amounts(amounts) = self.field(key)? else { return None };
        let threads = self.sight.threads;
        Some(match fits(test) {
            Fits::These => Set::These(amounts.scan(threads, |n| test.holds(n))),
            Fits::AllBut => Set::AllBut(amounts.scan(threads, |n| !test.holds(n))),
        })
    }
    fn days(&self, key: &Key, (from, to): (i32, i32)) -> Option<Set> {
        let Field::Days(days) = self.field(key)? else { return None };
        Some(Set::These(days.scan(self.sight.threads, |day| day >= from && day < to)))
    }
}

fn fits(test: &IntTest) -> Fits {
    if test.holds(0) { Fits::AllBut } else { Fits::These }
}
/// Of people with an order, exactly: the quotient is compared without being rounded.
fn average(test: &IntTest, amount: i64, orders: u32) -> bool {
    use crate::rule::Op;
    if orders == 0 {
        return false;
    }
    let (sum, to) = (i128::from(amount), i128::from(test.values[0]) * i128::from(orders));
    match test.op {
        Op::Gt => sum > to,
        Op::Gte => sum >= to,
        Op::Lt => sum < to,
        Op::Lte => sum <= to,
        _ => sum == to,
    }
}
/// What texts can be asked; for anything else the database is.
fn part_of(test: &TraitTest) -> Option<&str> {
    match test {
        TraitTest::Contains(part) => Some(part),
        _ => None,
    }
}
fn text_test(leaf: &Leaf, plan: &Plan) -> Option<(Key, TraitTest)> {
    Some(match leaf {
        Leaf::SourceIn(sources) => (Key::Source, TraitTest::Text(sources.clone())),
        Leaf::SourceContains(part) => (Key::Source, TraitTest::Contains(part.clone())),
        Leaf::Trait(at) => {
            let (name, test) = &plan.traits[*at];
            (Key::Trait(name.clone()), test.clone())
        }
        _ => return None,
    })
}
