//! The orders a call touches, in memory: read at once, changed, written at once.

use crate::catalog::Names;
use crate::matching::{Content, Fate, Line, Lines};
use crate::order::{OrderIn, Placed};
use rustc_hash::FxHashMap;
use siyu_db::{DbError, Engine, RowRef, Tx, params};
use siyu_kernel::{Currency, Refusal, Time};
use std::borrow::Cow;

/// The part of an order that totals depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    pub stub: bool,
    pub person: Option<i64>,
    pub root: Option<i64>,
    pub at: i64,
    pub store: Option<i64>,
    pub currency: Currency,
    pub amount: i64,
    pub refunded: i64,
    pub refund_lines: i64,
    pub sales: i64,
    pub lines: i64,
}

pub(crate) struct Entry<'a> {
    pub id: i64,
    pub order_no: Cow<'a, str>,
    pub in_db: bool,
    pub before: Figures,
    pub now: Figures,
    pub source: Cow<'a, str>,
    pub created_at: i64,
    pub import: i64,
    pub lines: Lines<'a>,
    /// Set for the orders the caller named.
    pub placed: Option<Placed>,
}

pub(crate) struct Book<'a> {
    pub entries: Vec<Entry<'a>>,
    pub by_no: FxHashMap<Cow<'a, str>, usize>,
    by_id: FxHashMap<i64, usize>,
    /// How many the caller named; they come first.
    pub named: usize,
}

impl<'a> Book<'a> {
    pub fn load(tx: &mut Tx<'_>, orders: &'a [OrderIn], import: i64, now: Time) -> Result<Self, Refusal> {
        let mut book = Self {
            entries: Vec::with_capacity(orders.len()),
            by_no: FxHashMap::default(),
            by_id: FxHashMap::default(),
            named: 0,
        };
        let nos = distinct(orders);
        let mut found = load_rows(tx, "o.order_no", &Keys::Nos(nos.iter().map(|no| (*no).to_owned()).collect()))?;
        for order in orders {
            if book.by_no.contains_key(order.order_no.as_str()) {
                continue;
            }
            let entry = match found.remove(order.order_no.as_str()) {
                Some(entry) => entry,
                None => Entry::new(Cow::Borrowed(&order.order_no), order, import, now),
            };
            book.add(entry);
        }
        book.named = book.entries.len();
        book.load_lines(tx)?;
        book.load_targets(tx, orders, import, now)?;
        book.reveal(tx, orders, import, now)?;
        Ok(book)
    }
    fn add(&mut self, entry: Entry<'a>) -> usize {
        let at = self.entries.len();
        self.by_no.insert(entry.order_no.clone(), at);
        if entry.in_db {
            self.by_id.insert(entry.id, at);
        }
        self.entries.push(entry);
        at
    }

    /// The lines of orders that are known; a new order is known to have none.
    fn load_lines(&mut self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        let ids: Vec<i64> =
            self.entries.iter().filter(|entry| entry.in_db && entry.before.lines > 0).map(|entry| entry.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "SELECT orders, no, line_no, product, quantity, price_minor, amount_minor, refund_of, at, import FROM order_line WHERE {} ORDER BY orders, no",
            tx.any("orders", 1)
        );
        let (by_id, entries) = (&self.by_id, &mut self.entries);
        tx.each(&sql, params![&ids], |row| {
            if let Some(&at) = by_id.get(&row.int(0)?) {
                entries[at].lines.push(stored_line(row)?);
            }
            Ok(())
        })?;
        Ok(())
    }

    /// The other orders that refund lines here give money back for. One that is not known yet gets a stub: whoever brings it later finds
    /// the row, or waits for it.
    fn load_targets(&mut self, tx: &mut Tx<'_>, orders: &'a [OrderIn], import: i64, now: Time) -> Result<(), Refusal> {
        let mut wanted: FxHashMap<Cow<'a, str>, Option<&'a OrderIn>> = FxHashMap::default();
        for entry in &self.entries {
            for no in entry.lines.all.iter().filter_map(|line| line.content.refund_of.as_ref()) {
                if !self.by_no.contains_key(no.as_ref()) {
                    wanted.entry(no.clone()).or_insert(None);
                }
            }
        }
        for order in orders {
            for no in order.lines.iter().filter_map(|line| line.refund_of.as_deref()) {
                if !self.by_no.contains_key(no) {
                    wanted.insert(Cow::Borrowed(no), Some(order));
                }
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let mut found =
            load_rows(tx, "o.order_no", &Keys::Nos(wanted.keys().map(|no| no.clone().into_owned()).collect()))?;
        let mut wanted: Vec<_> = wanted.into_iter().collect();
        wanted.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (no, named_by) in wanted {
            match (found.remove(no.as_ref()), named_by) {
                (Some(entry), _) => drop(self.add(entry)),
                (None, Some(order)) => drop(self.add(Entry::new(no, order, import, now))),
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// Orders the caller names are known from here on. Refunds that waited for one of them counted for the order they came in; they
    /// move to the order they are for.
    fn reveal(&mut self, tx: &mut Tx<'_>, orders: &'a [OrderIn], import: i64, now: Time) -> Result<(), Refusal> {
        let mut waited = Vec::new();
        for order in orders {
            let at = self.by_no[order.order_no.as_str()];
            let entry = &mut self.entries[at];
            if !entry.now.stub {
                continue;
            }
            if entry.in_db {
                waited.push(order.order_no.clone());
            }
            entry.now = Figures { stub: false, at: order.at.0, currency: order.currency, ..entry.now };
            entry.source = Cow::Borrowed(&order.source);
            (entry.created_at, entry.import) = (now.0, import);
            entry.placed.get_or_insert_default().new_order = true;
        }
        if waited.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "SELECT refund_of, orders, CAST(SUM(amount_minor) AS BIGINT) FROM order_line WHERE {} GROUP BY refund_of, orders",
            tx.any("refund_of", 1)
        );
        let moves = tx.query(&sql, params![&waited], |row| Ok((row.text(0)?, row.int(1)?, -row.int(2)?)))?;
        let missing: Vec<i64> = moves.iter().map(|(_, id, _)| *id).filter(|id| !self.by_id.contains_key(id)).collect();
        if !missing.is_empty() {
            for (_, entry) in load_rows(tx, "o.id", &Keys::Ids(missing))? {
                self.add(entry);
            }
        }
        for (no, from, sum) in moves {
            let (Some(&to), Some(&from)) = (self.by_no.get(no.as_str()), self.by_id.get(&from)) else { continue };
            if self.entries[from].now.currency == self.entries[to].now.currency {
                self.entries[from].now.refunded -= sum;
                self.entries[to].now.refunded += sum;
            }
        }
        Ok(())
    }

    /// The order a refund line counts for: the one it names, once that is known and of the same currency; else the one it came in.
    pub fn target(&self, own: usize, content: &Content<'_>) -> usize {
        let Some(no) = &content.refund_of else { return own };
        match self.by_no.get(no.as_ref()) {
            Some(&at)
                if !self.entries[at].now.stub && self.entries[at].now.currency == self.entries[own].now.currency =>
            {
                at
            }
            _ => own,
        }
    }
}

impl<'a> Entry<'a> {
    fn new(order_no: Cow<'a, str>, named_by: &'a OrderIn, import: i64, now: Time) -> Self {
        let nothing = Figures {
            stub: true,
            person: None,
            root: None,
            at: named_by.at.0,
            store: None,
            currency: named_by.currency,
            amount: 0,
            refunded: 0,
            refund_lines: 0,
            sales: 0,
            lines: 0,
        };
        let source = Cow::Borrowed(named_by.source.as_str());
        Self {
            id: 0,
            order_no,
            in_db: false,
            before: nothing,
            now: nothing,
            source,
            created_at: now.0,
            import,
            lines: Lines::default(),
            placed: None,
        }
    }
    /// The earliest instant wins; the first store and the first person stay.
    pub fn describe(&mut self, order: &OrderIn, names: &Names<'_>) {
        let store = order.store.as_deref().and_then(|code| names.store(code));
        let person = order.person.map(i64::from);
        let placed = self.placed.get_or_insert_default();
        placed.person_conflict |= person.is_some() && self.now.person.is_some() && self.now.person != person;
        self.now.at = self.now.at.min(order.at.0);
        self.now.store = if order.whole { store.or(self.now.store) } else { self.now.store.or(store) };
        if self.now.person.is_none() && person.is_some() {
            self.now.person = person;
            self.now.root = order.root.map(i64::from).or(person);
        }
    }
}

fn distinct(orders: &[OrderIn]) -> Vec<&str> {
    let mut nos: Vec<&str> = orders.iter().map(|order| order.order_no.as_str()).collect();
    nos.sort_unstable();
    nos.dedup();
    nos
}

enum Keys {
    Nos(Vec<String>),
    Ids(Vec<i64>),
}

/// Rows are locked on PostgreSQL, in one order for everybody, so that two calls about one order run one after the other.
fn load_rows<'a>(tx: &mut Tx<'_>, column: &str, keys: &Keys) -> Result<FxHashMap<String, Entry<'a>>, Refusal> {
    let lock = if tx.engine() == Engine::Postgres { "ORDER BY o.id FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT o.id, o.order_no, o.stub, o.person, o.root, o.at, o.store, o.currency, o.amount, o.refunded, o.refund_lines, o.sales, o.lines,
           o.source, o.created_at, o.import FROM orders o WHERE {} {lock}",
        tx.any(column, 1)
    );
    let params = match keys {
        Keys::Nos(nos) => params![nos],
        Keys::Ids(ids) => params![ids],
    };
    let mut found = FxHashMap::default();
    tx.each(&sql, params, |row| {
        found.insert(row.text(1)?, stored_entry(row)?);
        Ok(())
    })?;
    Ok(found)
}

pub(crate) fn currency(row: RowRef<'_>, at: usize) -> Result<Currency, DbError> {
    Currency::parse(&row.text(at)?).map_err(|error| DbError::Decode(error.to_string()))
}

fn stored_entry<'a>(row: RowRef<'_>) -> Result<Entry<'a>, DbError> {
    let figures = Figures {
        stub: row.flag(2)?,
        person: row.opt_int(3)?,
        root: row.opt_int(4)?,
        at: row.int(5)?,
        store: row.opt_int(6)?,
        currency: currency(row, 7)?,
        amount: row.int(8)?,
        refunded: row.int(9)?,
        refund_lines: row.int(10)?,
        sales: row.int(11)?,
        lines: row.int(12)?,
    };
    Ok(Entry {
        id: row.int(0)?,
        order_no: Cow::Owned(row.text(1)?),
        in_db: true,
        before: figures,
        now: figures,
        source: Cow::Owned(row.text(13)?),
        created_at: row.int(14)?,
        import: row.int(15)?,
        lines: Lines::default(),
        placed: None,
    })
}

fn stored_line<'a>(row: RowRef<'_>) -> Result<Line<'a>, DbError> {
    let content = Content {
        product: row.opt_int(3)?,
        quantity: row.int(4)?,
        price: row.opt_int(5)?,
        amount: row.int(6)?,
        refund_of: row.opt_text(7)?.map(Cow::Owned),
    };
    Ok(Line {
        no: row.int(1)?,
        line_no: row.opt_int(2)?,
        title: None,
        content,
        at: row.int(8)?,
        import: row.int(9)?,
        fate: Fate::Stored,
        taken: false,
    })
}
