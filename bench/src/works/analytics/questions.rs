//! The works as kernels, and their answers in the form in which the peers give theirs.

use super::build::{About, CART, ORDER, REFUND, TOUCH, VIEW};
use crate::Outcome;
use serde_json::{Value, json};
use siyu_behaviour::kernels::{
    Attribution, By, Compare, Condition, Count, Frequency, Funnel, Method, Mode, Model, Retention, Rfm, TouchWindow,
    Window,
};
use siyu_behaviour::{
    Bits, Calendar, DAY, Grain, Kernel, Operand, PartId, People, Select, Snapshot, Store, Test, TestOp, View, file,
};
use siyu_kernel::Zone;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Funnel,
    Segment,
    LastTouch,
    Retention,
    Rfm,
}

impl Question {
    pub const ALL: [Question; 5] = [Self::Funnel, Self::Segment, Self::LastTouch, Self::Retention, Self::Rfm];

    pub fn name(self) -> &'static str {
        match self {
            Self::Funnel => "funnel",
            Self::Segment => "segment",
            Self::LastTouch => "last_touch",
            Self::Retention => "retention",
            Self::Rfm => "rfm",
        }
    }
}

pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Mapped part files.
pub struct Columns {
    snapshot: Snapshot,
    calendar: Arc<Calendar>,
    start: i64,
    end: i64,
    first_day: i32,
    last_day: i32,
    names: Vec<String>,
    pub threads: usize,
}

impl Columns {
    pub fn open(folder: &Path, about: &About) -> Outcome<Self> {
        let mut store = Store::new(Zone::utc());
        let mut files: Vec<_> =
            std::fs::read_dir(folder)?.map(|entry| entry.map(|own| own.path())).collect::<Result<_, _>>()?;
        files.sort();
        for (at, path) in files.iter().enumerate() {
            store.add_stored(PartId(at as i64), file::open(path)?.part, None);
        }
        Ok(Self::of(store.snapshot(), about))
    }
    pub fn of(snapshot: Snapshot, about: &About) -> Self {
        let (first_day, last_day) = (about.first_day(), about.first_day() + about.days - 1);
        Self {
            snapshot,
            calendar: Arc::new(Calendar::new(&Zone::utc(), first_day - 1, last_day + 1)),
            start: about.start,
            end: about.end(),
            first_day,
            last_day,
            names: about.names.clone(),
            threads: threads(),
        }
    }
    fn select(&self, name: usize) -> Select {
        Select::of(&self.names[name])
    }
    fn run<K: Kernel>(&self, kernel: &K) -> K::Partial {
        self.snapshot.run(kernel, None, self.threads)
    }

    pub fn ask(&self, question: Question) -> Value {
        match question {
            Question::Funnel => {
                let funnel = Funnel {
                    steps: [VIEW, CART, ORDER].map(|name| self.select(name)).to_vec(),
                    window: 7 * DAY,
                    from: self.start,
                    to: self.end,
                    exclude: Vec::new(),
                    by: By::Nothing,
                    timings: false,
                    calendar: Arc::clone(&self.calendar),
                };
                let mut people = self.run(&funnel).all.0;
                people.resize(3, 0);
                json!([people])
            }
            Question::Segment => json!([[self.run(&self.segment()).0.len()]]),
            Question::LastTouch => self.last_touch(),
            Question::Retention => self.retention(),
            Question::Rfm => self.rfm(),
        }
    }

    fn segment(&self) -> Segment {
        let did = |select: Select, op, value, days: i32| Condition::Did {
            select,
            count: Count::Times,
            op,
            value,
            window: Window::Days { from: self.last_day - days + 1, to: self.last_day },
        };
        let seventh = Test { property: "category".to_owned(), op: TestOp::Eq, value: Operand::Text("7".to_owned()) };
        let view = Select { tests: vec![seventh], ..self.select(VIEW) };
        let mut conditions = vec![
            did(self.select(ORDER), Compare::Gte, 2.0, 90),
            did(self.select(REFUND), Compare::Eq, 0.0, 90),
            did(view, Compare::Gte, 1.0, 30),
        ];
        // As the parts of a rule are asked.
        conditions.sort_by_key(Condition::cost);
        Segment { conditions, calendar: Arc::clone(&self.calendar), today: self.last_day }
    }

    fn last_touch(&self) -> Value {
        let attribution = Attribution {
            conversion: self.select(ORDER),
            value: Some("amount".to_owned()),
            refunds: None,
            touch: self.select(TOUCH),
            touch_by: Some("channel".to_owned()),
            windows: vec![TouchWindow::Days(7)],
            models: vec![Model::Last],
            half_life: DAY,
            from: self.start,
            to: self.end,
            by: By::Nothing,
            only: None,
            calendar: Arc::clone(&self.calendar),
        };
        let found = self.run(&attribution).all;
        let mut rows: BTreeMap<i64, i64> = BTreeMap::new();
        rows.insert(-1, found.none[0].value);
        for (touch, credits) in found.touches {
            let channel = touch.and_then(|name| name.parse().ok()).unwrap_or(-2);
            rows.insert(channel, credits[0].value);
        }
        json!(rows.into_iter().map(|(channel, cents)| [channel, cents]).collect::<Vec<_>>())
    }

    fn retention(&self) -> Value {
        let weeks = Grain::Days { length: 7, anchor: self.first_day };
        let retention = Retention {
            start: Select::default(),
            back: Select::default(),
            grain: weeks,
            periods: 100,
            mode: Mode::On,
            first: true,
            from_day: self.first_day,
            to_day: self.last_day,
            today: self.last_day,
            by: By::Nothing,
            calendar: Arc::clone(&self.calendar),
        };
        let first = weeks.of_day(self.first_day);
        let mut rows = Vec::new();
        for (week, cohort) in self.run(&retention).all {
            for (k, people) in cohort.returned.iter().enumerate().filter(|(_, people)| **people > 0) {
                rows.push([i64::from(week - first), k as i64, *people as i64]);
            }
        }
        json!(rows)
    }

    fn rfm(&self) -> Value {
        let rfm = Rfm {
            orders: self.select(ORDER),
            refunds: None,
            value: "amount".to_owned(),
            frequency: Frequency::Events,
            as_of: self.last_day,
            since: i32::MIN,
            calendar: Arc::clone(&self.calendar),
        };
        let scores = self.run(&rfm).scores(&Method::Tiles(5), self.threads);
        let mut cells = [0u64; 125];
        scores.cells.iter().flatten().for_each(|cell| cells[usize::from(*cell)] += 1);
        let rows = cells.iter().enumerate().filter(|(_, people)| **people > 0);
        json!(
            rows.map(|(cell, people)| [cell / 25 + 1, cell / 5 % 5 + 1, cell % 5 + 1, *people as usize])
                .collect::<Vec<_>>()
        )
    }

    /// Bytes of the columns the question is about, each read once: what a scan at memory speed would have to read at least. Kernels that
    /// answer from sets of days read less.
    pub fn touches(&self, question: Question) -> u64 {
        let mut bytes = 0;
        for view in self.snapshot.views.iter() {
            for held in &view.parts {
                let rows = |name: usize| held.part.type_of(&self.names[name]).map_or(0, |own| own.rows() as u64);
                bytes += match question {
                    Question::Funnel => 8 * (rows(VIEW) + rows(CART) + rows(ORDER)),
                    // A time, and of views a category code.
                    Question::Segment => 8 * (rows(ORDER) + rows(REFUND)) + 12 * rows(VIEW),
                    // A time, and a channel code or an amount.
                    Question::LastTouch => 16 * rows(ORDER) + 12 * rows(TOUCH),
                    // One bit a person and day of the part.
                    Question::Retention => held.part.days.len() as u64 * (1 << 16) / 8,
                    Question::Rfm => 16 * rows(ORDER),
                };
            }
        }
        bytes
    }
}

/// All conditions at once, each among those the ones before left.
struct Segment {
    conditions: Vec<Condition>,
    calendar: Arc<Calendar>,
    today: i32,
}

impl Kernel for Segment {
    type Partial = People;
    fn bucket(&self, view: &View, among: &Bits) -> People {
        let mut left = view.people();
        left.and(among);
        for condition in &self.conditions {
            left = condition.people(view, &left, &self.calendar, self.today);
        }
        People(left.to_people(view.bucket))
    }
}
