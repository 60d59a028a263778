//! Stores, guides, channels side by side: people and money by a property of the events.

use super::by::{Cells, at_group};
use crate::bits::Bits;
use crate::calendar::Calendar;
use crate::kernel::{Kernel, Merge};
use crate::test::Select;
use crate::values::{Groups, Numbers};
use crate::view::{Places, Selection, View};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One row per value of `by`. Events without the property are in row `None`; a list counts in each of its entries.
#[derive(Clone, Debug)]
pub struct Board {
    pub by: String,
    pub orders: Select,
    pub refunds: Option<Select>,
    /// Property with the value in minor units.
    pub value: String,
    /// Days, both included.
    pub from_day: i32,
    pub to_day: i32,
    pub calendar: Arc<Calendar>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardRow {
    /// With any event of the row, ever up to the last day.
    pub people: u64,
    /// Those whose first event of the row lies in the span.
    pub new_people: u64,
    /// With any event of the row in the span.
    pub active: u64,
    /// With an order in the span; those with orders on two days or more of it.
    pub buyers: u64,
    pub repeat_buyers: u64,
    pub orders: u64,
    /// Minor units, gross; `refunded` is positive.
    pub value: i64,
    pub refunded: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardPartial(pub BTreeMap<Option<String>, BoardRow>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoardWhich {
    People,
    New,
    Active,
    Buyers,
    RepeatBuyers,
}

#[derive(Clone, Debug)]
pub struct BoardCell {
    pub row: Option<String>,
    pub which: BoardWhich,
}

impl Merge for BoardRow {
    fn merge(&mut self, other: Self) {
        self.people += other.people;
        self.new_people += other.new_people;
        self.active += other.active;
        self.buyers += other.buyers;
        self.repeat_buyers += other.repeat_buyers;
        self.orders += other.orders;
        self.value += other.value;
        self.refunded += other.refunded;
    }
}
impl Merge for BoardPartial {
    fn merge(&mut self, other: Self) {
        for (row, own) in other.0 {
            self.0.entry(row).or_default().merge(own);
        }
    }
}

/// What one person did in one row.
#[derive(Clone, Copy, Default)]
struct Mine {
    row: u32,
    before: bool,
    active: bool,
    orders: u64,
    /// Days of the first and the last order found.
    order_days: Option<(i32, i32)>,
    value: i64,
    refunded: i64,
}

impl Board {
    /// Calls with every person and row with any event up to the last day. Gives the names of rows.
    fn each(&self, view: &View, among: &Bits, mut call: impl FnMut(u16, &Mine)) -> Vec<Option<String>> {
        let all = view.select(&Select::default());
        let mut rows = Groups::by_property(&all, &self.by);
        let values = Numbers::new(&all, &self.value);
        let orders = view.select(&self.orders);
        let refunds = self.refunds.as_ref().map(|select| view.select(select)).unwrap_or_default();
        let (order_places, refund_places) = (orders.places(view), refunds.places(view));
        let (from, to) = self.calendar.instants(self.from_day, self.to_day);
        let (mut who, mut mine): (Option<u16>, Vec<Mine>) = (None, Vec::new());
        all.each_row(among, i64::MIN, to, |slot, at, place| {
            if who != Some(slot) {
                if let Some(who) = who {
                    mine.drain(..).for_each(|own| call(who, &own));
                }
                who = Some(slot);
            }
            let (part, kind) = all.lists[place.0].place;
            let is = |own: &Selection<'_>, places: &Places| {
                own.find(places, part as usize, kind as usize, place.1).is_some()
            };
            let inside = at >= from;
            let ordered = inside && is(&orders, &order_places);
            let back = inside && is(&refunds, &refund_places);
            rows.each(place, |row| {
                let at_row = mine.iter().position(|own| own.row == row).unwrap_or_else(|| {
                    mine.push(Mine { row, ..Mine::default() });
                    mine.len() - 1
                });
                let own = &mut mine[at_row];
                own.active |= inside;
                own.before |= !inside;
                if ordered {
                    let day = self.calendar.day(at);
                    let (first, last) = own.order_days.unwrap_or((day, day));
                    own.order_days = Some((first.min(day), last.max(day)));
                    own.orders += 1;
                    own.value += values.whole(place);
                } else if back {
                    own.refunded -= values.whole(place);
                }
            });
        });
        if let Some(who) = who {
            mine.drain(..).for_each(|own| call(who, &own));
        }
        rows.names.names
    }
}

impl Mine {
    fn is(&self, which: BoardWhich) -> bool {
        match which {
            BoardWhich::People => true,
            BoardWhich::New => self.active && !self.before,
            BoardWhich::Active => self.active,
            BoardWhich::Buyers => self.orders > 0,
            BoardWhich::RepeatBuyers => self.order_days.is_some_and(|(first, last)| first < last),
        }
    }
}

impl Kernel for Board {
    type Partial = BoardPartial;
    fn bucket(&self, view: &View, among: &Bits) -> BoardPartial {
        let mut rows: Vec<BoardRow> = Vec::new();
        let names = self.each(view, among, |_, mine| {
            let row = at_group(&mut rows, mine.row as usize, BoardRow::default);
            let one = |which| u64::from(mine.is(which));
            row.people += 1;
            row.new_people += one(BoardWhich::New);
            row.active += one(BoardWhich::Active);
            row.buyers += one(BoardWhich::Buyers);
            row.repeat_buyers += one(BoardWhich::RepeatBuyers);
            row.orders += mine.orders;
            row.value += mine.value;
            row.refunded += mine.refunded;
        });
        BoardPartial(names.into_iter().zip(rows).filter(|(_, row)| row.people > 0).collect())
    }
}

impl Cells for Board {
    type Cell = BoardCell;
    fn people(&self, view: &View, among: &Bits, cell: &BoardCell) -> Bits {
        let mut rows: Vec<Bits> = Vec::new();
        let names = self.each(view, among, |slot, mine| {
            if mine.is(cell.which) {
                at_group(&mut rows, mine.row as usize, Bits::empty).insert(slot);
            }
        });
        let found = names.iter().position(|name| *name == cell.row);
        found.and_then(|at| rows.into_iter().nth(at)).unwrap_or_default()
    }
}
