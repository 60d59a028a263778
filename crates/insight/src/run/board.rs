//! Stores and guides side by side.

use super::Env;
use super::numbers::ratio;
use crate::cell::WHICH;
use crate::corrections;
use roaring::RoaringBitmap;
use serde::Serialize;
use siyu_behaviour::Select;
use siyu_behaviour::kernels::{Board, BoardCell, BoardRow, BoardWhich};
use std::cmp::Reverse;

#[derive(Serialize)]
pub(crate) struct BoardOut {
    rows: Vec<Row>,
}

/// Money in minor units; `value` is gross, `refunded` positive.
#[derive(Serialize)]
struct Row {
    /// Null: orders that name none.
    key: Option<String>,
    name: Option<String>,
    people: u64,
    new_people: u64,
    active: u64,
    buyers: u64,
    repeat_buyers: u64,
    orders: u64,
    value: i64,
    refunded: i64,
    repurchase_rate: Option<f64>,
}

/// Which rows there are and what they are called.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    /// `store` or `staff`.
    pub property: &'static str,
    pub names: std::collections::BTreeMap<String, String>,
    /// `None`: all. Readers of some stores see no others.
    pub shown: Option<Vec<String>>,
}

fn kernel(rows: &Rows, env: &Env<'_>) -> Board {
    Board {
        by: rows.property.to_owned(),
        orders: Select::of(crate::ORDER_COMPLETED),
        refunds: Some(corrections(&Select::of(crate::ORDER_COMPLETED))),
        value: "amount".to_owned(),
        from_day: env.days.0,
        to_day: env.days.1,
        calendar: env.calendar(),
    }
}

impl Rows {
    fn shows(&self, key: &Option<String>, row: &BoardRow) -> bool {
        match (key, &self.shown) {
            (Some(key), Some(shown)) => shown.contains(key),
            (Some(_), None) => true,
            // Most events name no store: only money makes that worth a row.
            (None, shown) => shown.is_none() && (row.orders > 0 || row.refunded != 0),
        }
    }
}

pub(crate) fn answer(rows: &Rows, env: &Env<'_>) -> BoardOut {
    let found = env.run(&kernel(rows, env));
    let mut out: Vec<Row> = found
        .0
        .into_iter()
        .filter(|(key, row)| rows.shows(key, row))
        .map(|(key, row)| Row {
            name: key.as_ref().map(|key| rows.names.get(key).unwrap_or(key).clone()),
            key,
            people: row.people,
            new_people: row.new_people,
            active: row.active,
            buyers: row.buyers,
            repeat_buyers: row.repeat_buyers,
            orders: row.orders,
            value: row.value,
            refunded: row.refunded,
            repurchase_rate: ratio(row.repeat_buyers, row.buyers),
        })
        .collect();
    out.sort_by(|a, b| (Reverse(a.value - a.refunded), &a.key).cmp(&(Reverse(b.value - b.refunded), &b.key)));
    BoardOut { rows: out }
}

pub(crate) fn behind(rows: &Rows, env: &Env<'_>, key: &Option<String>, which: BoardWhich) -> RoaringBitmap {
    debug_assert!(WHICH.iter().any(|(_, own)| *own == which));
    if let (Some(shown), key) = (&rows.shown, key)
        && !key.as_ref().is_some_and(|key| shown.contains(key))
    {
        return RoaringBitmap::new();
    }
    env.behind(&kernel(rows, env), &BoardCell { row: key.clone(), which })
}
