//! A spec made ready for a reader, then put to the columns.

use crate::assets::Reach;
use crate::calendar::show_day;
use crate::cell::{Cell, Group};
use crate::run::{self, Board, Env, Lifecycle, Scene};
use crate::spec::{Ask, By, Span, Spec};
use crate::whom::shared;
use crate::{Insight, Reader, STORE_KEY, private, refuse};
use roaring::RoaringBitmap;
use serde::Serialize;
use serde_json::{Map, Value, json};
use siyu_audience::{Life, Measures, Scope};
use siyu_behaviour::kernels::{CreditLine, PathCell};
use siyu_behaviour::{Select, kernels};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_people::People;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything a spec needs from the database, read once; what follows needs the columns only.
pub struct Question {
    pub(crate) spec: Spec,
    among: Option<Arc<RoaringBitmap>>,
    by: kernels::By,
    more: More,
    people: People,
    /// Stores of a reader who is limited to some: whose orders are shown one by one.
    stores: Option<Vec<String>>,
}

/// What one kind needs besides.
enum More {
    Nothing,
    Rule(RoaringBitmap),
    Life(Measures),
    Assets(Arc<Reach>, Time),
    Rows(Board),
}

/// How far back a lifecycle is compared when the spec does not say.
const AGAINST_DAYS: i32 = 30;
const SAMPLE: usize = 5;

impl Insight {
    /// Errors: `spec_sensitive`, and those of rules and labels, each with its place in the spec.
    pub fn prepare(&self, tx: &mut Tx<'_>, spec: Spec, reader: &Reader, scene: &Scene) -> Result<Question, Refusal> {
        private::check(&spec, &self.people.field_table())?;
        let mut among = self.among(tx, spec.frame.among.as_ref(), reader)?;
        let more = match &spec.ask {
            Ask::Segment(segment) => More::Rule(self.fitting(tx, &segment.rule, "rule", reader)?),
            Ask::Lifecycle(lifecycle) => {
                // Prospects are people without an order: whoever exists is asked about.
                let exist = match among.take() {
                    Some(among) => among,
                    None => self.everybody(tx, reader)?,
                };
                among = Some(exist);
                More::Life(measures(tx, lifecycle.on.unwrap_or(scene.today()), scene)?)
            }
            Ask::Assets(_) => {
                let (reach, as_of) = self.looked.reach(tx, &reader.ctx.zone, reader.ctx.now)?;
                More::Assets(reach, as_of)
            }
            Ask::Stores(_) => More::Rows(stores(tx, reader)?),
            Ask::Guides(_) => More::Rows(guides(tx, reader)?),
            _ => More::Nothing,
        };
        let by = match &spec.frame.by {
            None => kernels::By::Nothing,
            Some(By::Property(name)) => kernels::By::Property(name.clone()),
            Some(by) => {
                let labels = self.labels(tx, by, spec.frame.groups, among.as_ref(), reader)?;
                kernels::By::Labels(Arc::new(labels))
            }
        };
        let (among, people, stores) = (shared(among), self.people.clone(), scope_stores(reader));
        Ok(Question { spec, among, by, more, people, stores })
    }
}

/// Today by the numbers that rules go by too; any other day by the purchase cycle as it was then. The cycle is the whole brand's, whoever is
/// asked about: a reader's stage of a person is everybody's.
fn measures(tx: &mut Tx<'_>, on: i32, scene: &Scene) -> Result<Measures, Refusal> {
    let (snapshot, calendar) = (&scene.snapshot, &scene.calendar);
    if on == scene.today() {
        return Ok(Measures::on(tx, snapshot, calendar, on, scene.threads)?);
    }
    Ok(Life::load(tx)?.measures(calendar, on, |cycle| snapshot.run(cycle, None, scene.threads)))
}

fn scope_stores(reader: &Reader) -> Option<Vec<String>> {
    reader.scope.stores().map(<[String]>::to_vec)
}

fn stores(tx: &mut Tx<'_>, reader: &Reader) -> Result<Board, Refusal> {
    let names = tx.query("SELECT code, name FROM store", params![], |row| Ok((row.text(0)?, row.text(1)?)))?;
    let names = names.into_iter().collect::<BTreeMap<_, _>>();
    Ok(Board { property: STORE_KEY, names, shown: scope_stores(reader) })
}

/// Guides by their names in WeCom; a reader who is limited sees the staff of own stores, a guide only themselves.
fn guides(tx: &mut Tx<'_>, reader: &Reader) -> Result<Board, Refusal> {
    let mut board = Board { property: "staff", ..Board::default() };
    let mut shown = Vec::new();
    tx.each("SELECT key, userid, name, store FROM wecom_staff", &[], |row| {
        let (key, userid, name, store) = (row.text(0)?, row.text(1)?, row.text(2)?, row.text(3)?);
        let own = match &reader.scope {
            Scope::All => true,
            Scope::Stores(codes) => codes.contains(&store),
            Scope::Staff { key: own, .. } => *own == key,
        };
        if own {
            shown.push(userid.clone());
        }
        if !name.is_empty() {
            board.names.insert(userid, name);
        }
        Ok(())
    })?;
    board.shown = (reader.scope != Scope::All).then_some(shown);
    Ok(board)
}

fn value(out: &impl Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(out).map_err(Refusal::internal)
}

impl Question {
    fn env<'s>(&'s self, scene: &'s Scene, days: (i32, i32)) -> Env<'s> {
        let (among, by, stores) = (self.among.clone(), self.by.clone(), self.stores.as_deref());
        Env { scene, among, by, stores, groups: self.spec.frame.groups, days }
    }
    /// First and last day asked about.
    pub fn days(&self, scene: &Scene) -> (i32, i32) {
        let today = scene.today();
        match &self.spec.ask {
            Ask::Rfm(rfm) => {
                let end = match self.spec.frame.span {
                    Some(Span::Days { to, .. }) => to,
                    _ => today,
                };
                let as_of = rfm.as_of.unwrap_or(end);
                self.spec.frame.span.map_or((i32::MIN, as_of), |span| (span.days(as_of).0, as_of))
            }
            Ask::Lifecycle(lifecycle) => {
                let on = lifecycle.on.unwrap_or(today);
                (on, on)
            }
            _ => self.spec.frame.days(today),
        }
    }
    fn against(&self, on: i32) -> i32 {
        match &self.spec.ask {
            Ask::Lifecycle(lifecycle) => lifecycle.against.unwrap_or(on - AGAINST_DAYS),
            _ => on,
        }
    }

    /// The result as the API shows it.
    pub fn answer(&self, scene: &Scene) -> Result<Map<String, Value>, Refusal> {
        let days = self.days(scene);
        let mut out = self.period(scene, days)?;
        if self.spec.frame.compare {
            // An open beginning has nothing before it.
            let length = days.1.checked_sub(days.0).filter(|_| days.0 > i32::MIN).map(|length| length + 1);
            if let Some(length) = length {
                let before = self.period(scene, (days.0 - length, days.0 - 1))?;
                out.insert("before".into(), Value::Object(before));
            }
        }
        let warnings = self.warnings(scene);
        if !warnings.is_empty() {
            out.insert("warnings".into(), Value::Array(warnings));
        }
        let as_of = match &self.more {
            More::Assets(_, as_of) => *as_of,
            _ => scene.as_of,
        };
        out.insert("as_of".into(), value(&as_of)?);
        out.insert("fresh_seconds".into(), value(&scene.fresh_seconds)?);
        Ok(out)
    }
    fn period(&self, scene: &Scene, days: (i32, i32)) -> Result<Map<String, Value>, Refusal> {
        let env = self.env(scene, days);
        let out = match (&self.spec.ask, &self.more) {
            (Ask::Funnel(ask), _) => value(&run::funnel::answer(ask, &env)),
            (Ask::Retention(ask), _) => value(&run::retention::answer(ask, &env)),
            (Ask::Attribution(ask), _) => value(&run::attribution::answer(ask, &env)),
            (Ask::Segment(_), More::Rule(people)) => {
                let people = self.allowed(people);
                let sample: Vec<String> = people.iter().rev().take(SAMPLE).map(|own| self.people.id(own)).collect();
                Ok(json!({ "people": people.len(), "sample": sample }))
            }
            (Ask::Rfm(ask), _) => value(&run::rfm::answer(ask, &env, days.0)),
            (Ask::Paths(ask), _) => value(&run::paths::answer(ask, &env)),
            (Ask::Distribution(ask), _) => value(&run::distribution::answer(ask, &env)),
            (Ask::Interval(ask), _) => value(&run::interval::answer(ask, &env)),
            (Ask::Trend(ask), _) => value(&run::trend::answer(ask, &env)),
            (Ask::Activity(ask), _) => value(&run::activity::answer(ask, &env)),
            (Ask::CohortValue(ask), _) => value(&run::cohort_value::answer(ask, &env)),
            (Ask::Touchpoints(ask), _) => value(&run::touchpoints::answer(ask, &env)),
            (Ask::Lifecycle(_), More::Life(measures)) => {
                let ask = Lifecycle { measures, against: self.against(days.1) };
                value(&run::lifecycle::answer(&ask, &env))
            }
            (Ask::Assets(_), More::Assets(reach, _)) => value(&reach.answer(self.among.as_deref(), days)),
            (Ask::Stores(_) | Ask::Guides(_), More::Rows(rows)) => value(&run::board::answer(rows, &env)),
            _ => Err(Refusal::internal("a question was prepared for another kind")),
        }?;
        let Value::Object(mut map) = out else { return Err(Refusal::internal("a result is an object")) };
        if days.0 > i32::MIN && days.0 < days.1 {
            map.insert("span".into(), json!({ "from": show_day(days.0), "to": show_day(days.1) }));
        }
        Ok(map)
    }
    fn allowed(&self, people: &RoaringBitmap) -> RoaringBitmap {
        match &self.among {
            Some(among) => people & among.as_ref(),
            None => people.clone(),
        }
    }

    /// The people behind a cell of [`Question::answer`], asked of the same moment.
    ///
    /// Errors: `spec_cell`.
    pub fn behind(&self, scene: &Scene, cell: &Cell, group: &Group) -> Result<RoaringBitmap, Refusal> {
        let days = self.days(scene);
        let env = self.env(scene, days);
        Ok(match (&self.spec.ask, cell, &self.more) {
            (Ask::Funnel(ask), Cell::Funnel { step, dropped }, _) => {
                run::funnel::behind(ask, &env, *step, *dropped, group)?
            }
            (Ask::Retention(ask), Cell::Retention { day, period }, _) => {
                run::retention::behind(ask, &env, *day, *period, group)?
            }
            (Ask::Attribution(ask), Cell::Attribution { touch, model, window }, _) => {
                run::attribution::behind(ask, &env, (touch, *model, *window), group)?
            }
            (Ask::Segment(_), Cell::Segment, More::Rule(people)) => self.allowed(people),
            (Ask::Rfm(ask), Cell::Rfm(cell), _) => run::rfm::behind(ask, &env, days.0, cell, group)?,
            (Ask::Paths(ask), Cell::Link { step, from, to }, _) => {
                let cell = PathCell::Link { step: *step, from: from.clone(), to: to.clone() };
                run::paths::behind(ask, &env, &cell, group)
            }
            (Ask::Paths(ask), Cell::Route(nodes), _) => {
                run::paths::behind(ask, &env, &PathCell::Route(nodes.clone()), group)
            }
            (Ask::Distribution(ask), Cell::Bin(bin), _) => run::distribution::behind(ask, &env, *bin, group),
            (Ask::Interval(ask), Cell::Bin(bin), _) => run::interval::behind(ask, &env, *bin, group),
            (Ask::Trend(ask), Cell::Trend { series, day }, _) => run::trend::behind(ask, &env, *series, *day, group),
            (Ask::Activity(ask), Cell::Activity(cell), _) => run::activity::behind(ask, &env, cell, group),
            (Ask::CohortValue(ask), Cell::CohortValue { day, buyers }, _) => {
                run::cohort_value::behind(ask, &env, *day, *buyers, group)?
            }
            (Ask::Touchpoints(ask), cell @ (Cell::Node { .. } | Cell::Move { .. }), _) => {
                run::touchpoints::behind(ask, &env, cell, group)
            }
            (Ask::Lifecycle(_), Cell::Lifecycle(cell), More::Life(measures)) => {
                let ask = Lifecycle { measures, against: self.against(days.1) };
                run::lifecycle::behind(&ask, &env, *cell, group)
            }
            (Ask::Assets(_), Cell::Assets(medium), More::Assets(reach, _)) => {
                reach.people(self.among.as_deref(), medium.as_deref())
            }
            (Ask::Stores(_) | Ask::Guides(_), Cell::Board { key, which }, More::Rows(rows)) => {
                run::board::behind(rows, &env, key, *which)
            }
            _ => return Err(refuse::cell("cell", "This cell is of another kind.", "该单元格不属于此分析。")),
        })
    }

    /// The conversions behind a cell of an attribution, oldest first, at most `limit` after the given key.
    ///
    /// Errors: `spec_cell` for other kinds, and for what the groups leave over.
    pub fn credits(
        &self,
        scene: &Scene,
        cell: &Cell,
        group: &Group,
        after: Option<(i64, u32, u32)>,
        limit: usize,
    ) -> Result<Vec<CreditLine>, Refusal> {
        let (Ask::Attribution(ask), Cell::Attribution { touch, model, window }) = (&self.spec.ask, cell) else {
            return Err(refuse::cell("cell", "Only attribution has credits.", "只有归因分析可以查看明细。"));
        };
        let group = match group {
            Group::All => None,
            Group::Named(name) => Some(Some(name.clone())),
            Group::Rest => {
                let en = "Name one group: the rest is several.";
                return Err(refuse::cell("cell.group", en, "请指定一个分组，“其余”包含多个分组。"));
            }
        };
        let env = self.env(scene, self.days(scene));
        Ok(run::attribution::credits(ask, &env, (touch, *model, *window), group, after, limit))
    }

    /// Events that nobody has sent give zeros; a misspelt name looks the same, so it is said.
    fn warnings(&self, scene: &Scene) -> Vec<Value> {
        let mut out = Vec::new();
        for selection in self.spec.selections().into_iter().filter(|own| !own.place.is_empty()) {
            for name in selection.select.events.iter().filter(|name| !known(scene, name)) {
                let mut warning = Map::new();
                warning.insert("code".into(), "event_unknown".into());
                warning.insert("field".into(), selection.place.clone().into());
                warning.insert("event".into(), name.clone().into());
                out.push(Value::Object(warning));
            }
        }
        out
    }
}

fn known(scene: &Scene, event: &str) -> bool {
    let select = Select::of(event);
    scene.snapshot.views.iter().any(|view| !view.select(&select).lists.is_empty())
}
