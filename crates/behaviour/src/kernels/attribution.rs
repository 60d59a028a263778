//! Which touches earned the money: several models and windows in one pass, to the cent.

use super::by::{By, Cells, Grouped};
use super::share::{WHOLE, share, weigh};
use crate::bits::{Bits, WORDS};
use crate::calendar::{Calendar, DAY};
use crate::fast::{Simd, Work, fast};
use crate::kernel::{Kernel, Merge};
use crate::lane::{Ground, Lane, Many, One, Source, parted};
use crate::test::Select;
use crate::values::{Groups, Numbers, text};
use crate::view::{Rows, Scratch, Selection, View};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Each conversion event in the span is credited to the person's touches before it (or at the same instant) inside a window.
///
/// A touch is an event of `touch` that is not a conversion itself. The conversion's value is shared out in minor units by largest remainder
/// (equal remainders: to the earlier touch), so credits plus `none` are the total exactly, for every model and window.
#[derive(Clone, Debug)]
pub struct Attribution {
    pub conversion: Select,
    /// Property with the value in minor units; `None`: conversions have no value, only their number counts.
    pub value: Option<String>,
    pub refunds: Option<Refunds>,
    pub touch: Select,
    /// Property that names a touch; `None`: the event's name. A touch without the property has the name `None`; one with a list property is
    /// named by its first entry.
    pub touch_by: Option<String>,
    /// At most 8.
    pub windows: Vec<TouchWindow>,
    pub models: Vec<Model>,
    /// For [`Model::Decay`]: after this many microseconds a touch weighs half.
    pub half_life: i64,
    pub from: i64,
    pub to: i64,
    /// A property is that of the conversion.
    pub by: By,
    /// Of the conversions, and of refunds that name none, only these count; the others are no touches either.
    pub only: Option<OnlyOf>,
    pub calendar: Arc<Calendar>,
}

/// Refund events (their value property is negative) take back from the order they name: that of the person's last conversion with the same
/// `key` at or before the refund, whenever the refund came, else the first one after it. A refund that names no conversion of the person
/// counts in the span of its own instant, in `none`.
#[derive(Clone, Debug)]
pub struct Refunds {
    pub select: Select,
    /// Text property with the order's number, of conversions and refunds.
    pub key: String,
}

/// Events that have one of these texts.
#[derive(Clone, Debug)]
pub struct OnlyOf {
    pub property: String,
    pub values: Vec<String>,
}

impl OnlyOf {
    fn has(&self, selection: &Selection<'_>, place: (usize, usize)) -> bool {
        text(&selection.lists[place.0], &self.property, place.1)
            .is_some_and(|own| self.values.iter().any(|value| value == own))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TouchWindow {
    /// The conversion's calendar day.
    SameDay,
    /// This many times 24 hours.
    Days(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    Last,
    First,
    Linear,
    /// 40 % to the first, 40 % to the last, the rest evenly between them; two share evenly.
    Position,
    /// By half-life, measured back from the conversion.
    Decay,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credit {
    /// Billionths of a conversion: shares of one conversion add up to 1,000,000,000.
    pub conversions: u64,
    /// Minor units, refunds taken off.
    pub value: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributed {
    pub conversions: u64,
    /// Minor units, refunds taken off.
    pub value: i64,
    /// What refunds took off, positive.
    pub refunded: i64,
    /// By touch; `credits[model * windows + window]`, places as in the question.
    pub touches: BTreeMap<Option<String>, Vec<Credit>>,
    /// What no touch in the window earned, in the same order.
    pub none: Vec<Credit>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributionPartial {
    pub all: Attributed,
    /// Empty without a breakdown.
    pub groups: Grouped<Attributed>,
}

/// One conversion, as the kernel goes through them.
pub(crate) struct Conversion {
    pub slot: u16,
    /// Which of the person's conversions, counted from 0; `None` for a refund that names none of them.
    pub nth: Option<u32>,
    pub at: i64,
    /// (list, row) in the selection of conversions (of refunds, for a lone refund).
    pub place: (usize, usize),
    /// Minor units, refunds taken off.
    pub value: i64,
    pub refunded: i64,
}

/// The people with a conversion that gave this touch (or no touch) some credit.
#[derive(Clone, Debug)]
pub struct AttributionCell {
    /// `None`: every conversion. Some(None): those of `none`. Some(Some(name)): those of the touch.
    pub touch: Option<Option<Option<String>>>,
    /// Places in `models` and `windows`.
    pub model: usize,
    pub window: usize,
    /// `None`: all groups together.
    pub group: Option<Option<String>>,
}

impl Merge for Attributed {
    fn merge(&mut self, other: Self) {
        self.conversions += other.conversions;
        self.value += other.value;
        self.refunded += other.refunded;
        for (touch, credits) in other.touches {
            merge_credits(self.touches.entry(touch).or_default(), &credits);
        }
        merge_credits(&mut self.none, &other.none);
    }
}
impl Merge for AttributionPartial {
    fn merge(&mut self, other: Self) {
        self.all.merge(other.all);
        self.groups.merge(other.groups);
    }
}
fn merge_credits(own: &mut Vec<Credit>, other: &[Credit]) {
    if own.len() < other.len() {
        own.resize(other.len(), Credit::default());
    }
    for (own, other) in own.iter_mut().zip(other) {
        own.conversions += other.conversions;
        own.value += other.value;
    }
}

impl TouchWindow {
    /// The first instant inside, for a conversion.
    #[inline(always)]
    pub(crate) fn from(self, at: i64, calendar: &Calendar) -> i64 {
        match self {
            Self::SameDay => calendar.start(calendar.day(at)),
            Self::Days(days) => at.saturating_sub(i64::from(days) * DAY),
        }
    }
}

/// The selections of one bucket.
pub(crate) struct Bound<'v> {
    conversions: Selection<'v>,
    touches: Selection<'v>,
    refunds: Option<Selection<'v>>,
    values: Option<Numbers<'v>>,
    refund_values: Option<Numbers<'v>>,
    pub names: Groups<'v>,
}

impl Attribution {
    fn slots(&self) -> usize {
        self.models.len() * self.windows.len()
    }
    pub(crate) fn bind<'v>(&self, view: &'v View) -> Bound<'v> {
        let conversions = view.select(&self.conversion);
        let touches = view.select_without(&self.touch, &self.conversion);
        let refunds = self.refunds.as_ref().map(|refunds| view.select(&refunds.select));
        let numbers = |selection| self.value.as_ref().map(|property| Numbers::new(selection, property));
        Bound {
            values: numbers(&conversions),
            refund_values: refunds.as_ref().and_then(numbers),
            names: match &self.touch_by {
                Some(property) => Groups::by_property(&touches, property),
                None => Groups::by_event(&touches),
            },
            conversions,
            touches,
            refunds,
        }
    }
    /// Calls for every conversion in the span, by person and time, with the person's touches; and for every lone refund in the span, with none.
    pub(crate) fn each(
        &self,
        bound: &mut Bound<'_>,
        among: &Bits,
        mut call: impl FnMut(&Conversion, &Rows<'_>, &mut Groups<'_>),
    ) {
        let Bound { conversions, touches, refunds, values, refund_values, names } = bound;
        let value = |numbers: &Option<Numbers<'_>>, place| numbers.as_ref().map_or(0, |numbers| numbers.whole(place));
        let counts =
            |selection: &Selection<'_>, place| self.only.as_ref().is_none_or(|only| only.has(selection, place));
        let mut people = conversions.people();
        if let Some(refunds) = refunds {
            people.or(&refunds.people());
        }
        people.and(among);
        let (mut a, mut b, mut c) = (Scratch::default(), Scratch::default(), Scratch::default());
        let mut taken: Vec<i64> = Vec::new();
        let mut lone: Vec<Conversion> = Vec::new();
        for slot in people.iter() {
            let rows = conversions.rows(slot, &mut a);
            taken.clear();
            lone.clear();
            if let (Some(selection), Some(Refunds { key, .. })) = (&*refunds, &self.refunds) {
                taken.resize(rows.len(), 0);
                let backs = selection.rows(slot, &mut c);
                for i in 0..backs.len() {
                    let (at, place) = (backs.times[i], backs.place(i));
                    let amount = value(refund_values, place);
                    let order = text(&selection.lists[place.0], key, place.1);
                    let names_it = |i: &usize| {
                        let (list, row) = rows.place(*i);
                        text(&conversions.lists[list], key, row) == order
                    };
                    let before = rows.times.partition_point(|time| *time <= at);
                    let own = order
                        .and_then(|_| (0..before).rev().find(names_it).or_else(|| (before..rows.len()).find(names_it)));
                    match own {
                        Some(own) => taken[own] += amount,
                        None if at >= self.from && at < self.to && counts(selection, place) => {
                            lone.push(Conversion { slot, nth: None, at, place, value: amount, refunded: -amount });
                        }
                        None => {}
                    }
                }
            }
            let span = rows.times.partition_point(|at| *at < self.from)..rows.times.partition_point(|at| *at < self.to);
            if !span.is_empty() {
                let touches = touches.rows(slot, &mut b);
                for i in span {
                    let (at, place) = (rows.times[i], rows.place(i));
                    if !counts(conversions, place) {
                        continue;
                    }
                    let back = taken.get(i).copied().unwrap_or(0);
                    let value = value(values, place) + back;
                    let conversion = Conversion { slot, nth: Some(i as u32), at, place, value, refunded: -back };
                    call(&conversion, &touches, names);
                }
            }
            lone.iter().for_each(|refund| call(refund, &Rows::NONE, names));
        }
    }
    /// The touches of a conversion inside a window.
    pub(crate) fn inside<'r>(&self, window: usize, conversion: &Conversion, touches: &Rows<'r>) -> Rows<'r> {
        let from = self.windows[window].from(conversion.at, &self.calendar);
        touches.between(from, conversion.at.saturating_add(1))
    }
    /// Groups of a conversion or a lone refund, for a breakdown by property.
    fn groups<'v>(&self, bound: &Bound<'v>) -> Option<(Groups<'v>, Option<Groups<'v>>)> {
        let By::Property(property) = &self.by else { return None };
        let refunds = bound.refunds.as_ref().map(|refunds| Groups::by_property(refunds, property));
        Some((Groups::by_property(&bound.conversions, property), refunds))
    }
}

/// Credits under way: by touch number and place.
#[derive(Default)]
struct Making {
    conversions: u64,
    value: i64,
    refunded: i64,
    touches: Vec<Credit>,
    none: Vec<Credit>,
}

impl Making {
    fn new(slots: usize) -> Self {
        Self { none: vec![Credit::default(); slots], ..Self::default() }
    }
    #[inline(always)]
    fn credit(&mut self, touch: Option<u32>, place: usize, conversions: i64, value: i64) {
        let slots = self.none.len();
        let own = match touch {
            None => &mut self.none[place],
            Some(touch) => {
                let at = touch as usize * slots + place;
                if at >= self.touches.len() {
                    self.touches.resize((touch as usize + 1) * slots, Credit::default());
                }
                &mut self.touches[at]
            }
        };
        own.conversions += conversions as u64;
        own.value += value;
    }
    fn finish(self, names: &[Option<String>]) -> Attributed {
        let slots = self.none.len().max(1);
        let touches = names.iter().zip(self.touches.chunks(slots));
        let used = touches.filter(|(_, credits)| credits.iter().any(|credit| *credit != Credit::default()));
        Attributed {
            conversions: self.conversions,
            value: self.value,
            refunded: self.refunded,
            touches: used.map(|(name, credits)| (name.clone(), credits.to_vec())).collect(),
            none: self.none,
        }
    }
}

/// A conversion's shares, worked out once and given to everything that counts it: (touch, place, conversions, value).
#[derive(Default)]
struct Sharing {
    given: Vec<(Option<u32>, usize, i64, i64)>,
    weights: Vec<u64>,
    counts: Vec<i64>,
    values: Vec<i64>,
    order: Vec<(u128, usize)>,
}

impl Sharing {
    fn work_out(
        &mut self,
        question: &Attribution,
        conversion: &Conversion,
        touches: &Rows<'_>,
        names: &mut Groups<'_>,
    ) {
        self.given.clear();
        let whole = if conversion.nth.is_some() { WHOLE } else { 0 };
        for window in 0..question.windows.len() {
            let inside = question.inside(window, conversion, touches);
            for (at, model) in question.models.iter().enumerate() {
                let place = at * question.windows.len() + window;
                match (inside.len(), model) {
                    (0, _) => self.given.push((None, place, whole, conversion.value)),
                    (n, Model::Last) => {
                        self.given.push((Some(names.of(inside.place(n - 1))), place, whole, conversion.value))
                    }
                    (_, Model::First) => {
                        self.given.push((Some(names.of(inside.place(0))), place, whole, conversion.value))
                    }
                    (_, model) => {
                        weigh(*model, inside.times, question.half_life, &mut self.weights);
                        share(whole, &self.weights, &mut self.counts, &mut self.order);
                        share(conversion.value, &self.weights, &mut self.values, &mut self.order);
                        for i in 0..inside.len() {
                            let touch = names.of(inside.place(i));
                            self.given.push((Some(touch), place, self.counts[i], self.values[i]));
                        }
                    }
                }
            }
        }
    }
    fn give(&self, conversion: &Conversion, to: &mut Making) {
        to.conversions += u64::from(conversion.nth.is_some());
        to.value += conversion.value;
        to.refunded += conversion.refunded;
        for (touch, place, conversions, value) in &self.given {
            to.credit(*touch, *place, *conversions, *value);
        }
    }
}

impl Kernel for Attribution {
    type Partial = AttributionPartial;
    fn bucket(&self, view: &View, among: &Bits) -> AttributionPartial {
        let slots = self.slots();
        let mut bound = self.bind(view);
        if matches!(self.by, By::Nothing)
            && self.refunds.is_none()
            && self.only.is_none()
            && self.models.iter().all(|model| *model == Model::Last)
        {
            return self.last_only(bound, among);
        }
        let mut all = Making::new(slots);
        let mut groups: BTreeMap<Option<String>, Making> = BTreeMap::new();
        let mut labels: Vec<(Option<String>, Bits, Making)> = Vec::new();
        self.by.each_label(view.bucket, |name, people| labels.push((name, people.clone(), Making::new(slots))));
        let mut by_property = self.groups(&bound);
        let mut sharing = Sharing::default();
        self.each(&mut bound, among, |conversion, touches, names| {
            sharing.work_out(self, conversion, touches, names);
            sharing.give(conversion, &mut all);
            for (_, people, making) in &mut labels {
                if people.contains(conversion.slot) {
                    sharing.give(conversion, making);
                }
            }
            let mut give = |name: Option<&str>| {
                let making = groups.entry(name.map(str::to_owned)).or_insert_with(|| Making::new(slots));
                sharing.give(conversion, making);
            };
            match &mut by_property {
                Some((own, _)) if conversion.nth.is_some() => own.each_named(conversion.place, &mut give),
                Some((_, Some(refunds))) => refunds.each_named(conversion.place, &mut give),
                _ => {}
            }
        });
        let names = &bound.names.names.names;
        let some = |making: &Making| making.conversions > 0 || making.value != 0 || making.refunded != 0;
        let labelled = labels.into_iter().map(|(name, _, making)| (name, making));
        let groups = groups.into_iter().chain(labelled).filter(|(_, making)| some(making));
        AttributionPartial {
            groups: Grouped(groups.map(|(name, making)| (name, making.finish(names))).collect()),
            all: all.finish(names),
        }
    }
}

impl Attribution {
    /// Only last touches, nothing split: no history needs to be merged.
    fn last_only(&self, bound: Bound<'_>, among: &Bits) -> AttributionPartial {
        let Bound { conversions, touches, values, mut names, .. } = bound;
        let mut people = conversions.people();
        people.and(among);
        let (ground, touch_ground) = (Ground::new(&conversions), Ground::new(&touches));
        let (lanes, touch_lanes) = (ground.lanes(&conversions), touch_ground.lanes(&touches));
        let mut making = Making::new(self.slots());
        let touch_lanes = [touch_lanes];
        let parts = parted(&touch_lanes, &people);
        let plain = parts.is_some();
        let (mut alone, mut others) = parts.unwrap_or_else(|| (Bits::empty(), people.clone()));
        let [touch_lanes] = touch_lanes;
        // Whoever has conversions in the first lane only is not looked for in the others.
        let mut newer = Bits::empty();
        lanes.iter().skip(1).for_each(|lane| newer.or_words(lane.live));
        if plain && let Some(first) = lanes.first() {
            // Nor whoever's conversions all lie before the oldest newer touch: none of those is the last before one of them.
            let since = touch_lanes[1..].iter().flat_map(|lane| lane.times).min().copied().unwrap_or(i64::MAX);
            let mut before = others.clone();
            before.and_not(&newer);
            for slot in before.iter() {
                let (from, to) = first.range(usize::from(slot >> 6), u32::from(slot & 63));
                if from == to || first.times[to - 1] < since {
                    others.remove(slot);
                    alone.insert(slot);
                }
            }
        }
        for (people, alone) in [(alone, true), (others, false)] {
            let (mut before, mut since) = (people.clone(), people);
            before.and_not(&newer);
            since.and(&newer);
            for (people, lanes) in [(&before, &lanes[..lanes.len().min(1)]), (&since, &lanes[..])] {
                let (question, values, names, making) = (self, values.as_ref(), &mut names, &mut making);
                if people.is_empty() {
                    continue;
                }
                if alone {
                    let source = One::new(touch_lanes[0]);
                    fast(LastOnly { question, lanes, source, values, names, people, making });
                } else {
                    let source = Many::new(touch_lanes.clone());
                    fast(LastOnly { question, lanes, source, values, names, people, making });
                }
            }
        }
        AttributionPartial { all: making.finish(&names.names.names), groups: Grouped::default() }
    }
}

struct LastOnly<'a, 'v, S> {
    question: &'a Attribution,
    lanes: &'a [Lane<'v>],
    source: S,
    values: Option<&'a Numbers<'v>>,
    names: &'a mut Groups<'v>,
    people: &'a Bits,
    making: &'a mut Making,
}

impl<S: Source> Work for LastOnly<'_, '_, S> {
    type Out = ();
    #[inline(always)]
    fn run<P: Simd>(mut self, simd: P) {
        let question = self.question;
        let windows = question.windows.len();
        for word in 0..WORDS {
            let mut people = self.people.words()[word];
            while people != 0 {
                let bit = people.trailing_zeros();
                people &= people - 1;
                self.source.load(word, bit);
                for lane in self.lanes {
                    let (from, to) = lane.range(word, bit);
                    for row in from..to {
                        let at = lane.times[row];
                        if at < question.from || at >= question.to || !lane.keeps(row) {
                            continue;
                        }
                        let list = lane.list as usize;
                        let value = self.values.as_ref().map_or(0, |values| values.in_list(list).whole(row));
                        self.making.conversions += 1;
                        self.making.value += value;
                        let last = self.source.latest_at(simd, at);
                        let touch = last.map(|(_, list, row)| self.names.of((list as usize, row as usize)));
                        for window in 0..windows {
                            let inside = last.is_some_and(|(time, ..)| match question.windows[window] {
                                TouchWindow::Days(days) => at - time <= i64::from(days) * DAY,
                                own => time >= own.from(at, &question.calendar),
                            });
                            let touch = if inside { touch } else { None };
                            for model in 0..question.models.len() {
                                self.making.credit(touch, model * windows + window, WHOLE, value);
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Cells for Attribution {
    type Cell = AttributionCell;
    fn people(&self, view: &View, among: &Bits, cell: &AttributionCell) -> Bits {
        let mut found = Bits::empty();
        self.each_in(view, among, cell, |conversion, _, _| found.insert(conversion.slot));
        found
    }
}

impl Attribution {
    /// Calls for each conversion that a cell counts, with the touches in the cell's window.
    pub(crate) fn each_in(
        &self,
        view: &View,
        among: &Bits,
        cell: &AttributionCell,
        mut call: impl FnMut(&Conversion, &Rows<'_>, &mut Groups<'_>),
    ) {
        let (Some(model), true) = (self.models.get(cell.model), cell.window < self.windows.len()) else { return };
        let members = match (&cell.group, &self.by) {
            (Some(group), by @ By::Labels(_)) => Some(by.members(view.bucket, among, group)),
            (Some(_), By::Nothing) => return,
            _ => None,
        };
        let mut bound = self.bind(view);
        let mut by_property = if cell.group.is_some() { self.groups(&bound) } else { None };
        let mut weights = Vec::new();
        let (mut counts, mut order) = (Vec::new(), Vec::new());
        self.each(&mut bound, members.as_ref().unwrap_or(among), |conversion, touches, names| {
            if conversion.nth.is_none() {
                return;
            }
            if let (Some((groups, _)), Some(group)) = (&mut by_property, &cell.group) {
                let mut belongs = false;
                groups.each_named(conversion.place, |name| belongs |= name == group.as_deref());
                if !belongs {
                    return;
                }
            }
            let inside = self.inside(cell.window, conversion, touches);
            let counted = match &cell.touch {
                None => true,
                Some(None) => inside.is_empty(),
                Some(Some(_)) if inside.is_empty() => false,
                Some(Some(touch)) => {
                    weigh(*model, inside.times, self.half_life, &mut weights);
                    share(WHOLE, &weights, &mut counts, &mut order);
                    (0..inside.len()).any(|i| {
                        let name = names.of(inside.place(i)) as usize;
                        counts[i] > 0 && names.names.names[name] == *touch
                    })
                }
            };
            if counted {
                call(conversion, &inside, names);
            }
        });
    }
    /// The order's number of a conversion, when refunds say which property has it.
    pub(crate) fn order_of<'v>(&self, bound: &Bound<'v>, place: (usize, usize)) -> Option<&'v str> {
        let key = &self.refunds.as_ref()?.key;
        text(&bound.conversions.lists[place.0], key, place.1)
    }
}
