//! Orders as they come in, what became of them, and what is refused at the door.

use serde::{Deserialize, Serialize};
use siyu_kernel::{Currency, Money, PersonNum, Refusal, Time};

pub const ORDER_NO_BYTES_MAX: usize = 128;
pub const SKU_BYTES_MAX: usize = 128;
pub const TITLE_BYTES_MAX: usize = 2_000;
/// Lines of one order in one call.
pub const LINES_MAX: usize = 10_000;
/// Lines of one order altogether: every call that adds to an order reads the lines it has.
pub const LINES_STORED_MAX: usize = 100_000;
/// A thousand million pieces.
pub const QUANTITY_MILLI_MAX: i64 = 1_000_000_000_000;

/// An order, or some lines of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderIn {
    pub order_no: String,
    /// When it was placed. An order named with several instants was placed at the earliest.
    pub at: Time,
    /// The store's code. A code nobody has described yet becomes a store of that name.
    pub store: Option<String>,
    pub currency: Currency,
    /// The number of the identity the order came in with.
    pub person: Option<PersonNum>,
    /// The person that number counts for now (after merges); without it, the number itself.
    pub root: Option<PersonNum>,
    pub lines: Vec<LineIn>,
    /// Where it came from; kept of the first call that names the order.
    pub source: String,
    /// These are all sale lines of the order: those not named any more are removed. Refund lines are facts of their own and stay.
    /// Without a sale line it has no effect.
    pub whole: bool,
}

/// A negative quantity, a negative amount or `refund_of` makes a refund line; signs are then made to agree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineIn {
    /// The shop's own number of the line inside the order. With it a line can be corrected; without it lines are told apart by content.
    pub line_no: Option<i64>,
    /// Empty = no product (freight, a voucher).
    pub sku: String,
    pub title: Option<String>,
    /// Thousandths of a piece.
    pub quantity_milli: i64,
    pub price_minor: Option<i64>,
    /// Of the whole line.
    pub amount_minor: i64,
    /// The order this line gives money back for, when it is another one. It need not be known yet.
    pub refund_of: Option<String>,
}

/// What a call did to one order.
#[derive(Debug, Default)]
pub struct Placed {
    pub order_id: i64,
    pub order_no: String,
    pub new_order: bool,
    pub new_lines: i64,
    pub changed_lines: i64,
    pub unchanged_lines: i64,
    /// Sale lines an update (`whole`) no longer named.
    pub removed_lines: i64,
    /// Change of the sum of sale lines; negative when a correction lowered it.
    pub amount_added: i64,
    /// Change of the sum of its own refund lines, positive for more money given back.
    pub refund_added: i64,
    /// The order has at least one sale line now.
    pub is_sale: bool,
    /// It had none before this call: one order more.
    pub became_sale: bool,
    /// A different person was named than before; the first one was kept.
    pub person_conflict: bool,
    /// Why (a part of) this order was not taken, though the rest of the call was: `order_currency`, `amount_overflow`, `too_many_lines`.
    pub refused: Option<Refusal>,
}

/// What a call changed in what one order counts for its buyer: the change of `amount - refunded`. Refunds count for the order they give money
/// back for, so a call may change orders it does not name. Summed over time, a person's bookings are the person's totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    pub order_no: String,
    /// The identity the order came in with.
    pub person: PersonNum,
    pub currency: Currency,
    /// When the order was placed.
    pub at: Time,
    pub net: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    RefundOnly,
    Paid,
    PartlyRefunded,
    Refunded,
}

impl Status {
    pub const ALL: [Status; 4] = [Self::RefundOnly, Self::Paid, Self::PartlyRefunded, Self::Refunded];

    pub fn name(self) -> &'static str {
        match self {
            Self::RefundOnly => "refund_only",
            Self::Paid => "paid",
            Self::PartlyRefunded => "partly_refunded",
            Self::Refunded => "refunded",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
    pub(crate) fn of(sales: i64, amount: i64, refunded: i64) -> Self {
        match () {
            () if sales == 0 => Self::RefundOnly,
            () if refunded <= 0 => Self::Paid,
            () if refunded < amount => Self::PartlyRefunded,
            () => Self::Refunded,
        }
    }
    pub(crate) fn condition(self) -> &'static str {
        match self {
            Self::RefundOnly => "o.sales = 0",
            Self::Paid => "o.sales > 0 AND o.refunded <= 0",
            Self::PartlyRefunded => "o.sales > 0 AND o.refunded > 0 AND o.refunded < o.amount",
            Self::Refunded => "o.sales > 0 AND o.refunded > 0 AND o.refunded >= o.amount",
        }
    }
}

/// What [`crate::place`] demands of each order, without looking at the database; an importer asks row by row.
///
/// Errors: `order_no_empty`, `order_no_long`, `too_many_lines`, `sku_long`, `title_long`, `quantity_range`, `amount_overflow`, `time_range`.
pub fn check(order: &OrderIn) -> Result<(), Refusal> {
    check_order_no(&order.order_no).map_err(|refusal| refusal.field("order_no"))?;
    if order.at.in_range().is_none() {
        return Err(Refusal::invalid(
            "time_range",
            "The time of an order must lie between 1900 and 2200.",
            "订单时间必须在 1900 年到 2200 年之间。",
        )
        .field("at"));
    }
    if order.store.as_ref().is_some_and(|code| code.is_empty() || code.len() > 128) {
        return Err(Refusal::invalid(
            "store_code",
            "A store code has 1 to 128 bytes.",
            "门店编号长度应为 1 到 128 字节。",
        )
        .field("store"));
    }
    if order.lines.len() > LINES_MAX {
        return Err(too_many_lines());
    }
    let mut sum = 0i64;
    for (at, line) in order.lines.iter().enumerate() {
        check_line(line).map_err(|refusal| {
            let field = refusal.field.clone().unwrap_or_default();
            refusal.field(format!("lines[{at}].{field}"))
        })?;
        // At most 10,000 lines of at most 10^14 each: cannot overflow.
        sum += line.amount_minor.abs();
    }
    if sum > Money::LIMIT_MINOR { Err(amount_overflow().field("lines")) } else { Ok(()) }
}

fn check_order_no(order_no: &str) -> Result<(), Refusal> {
    if order_no.trim().is_empty() {
        return Err(Refusal::invalid("order_no_empty", "An order needs its number.", "订单号不能为空。"));
    }
    if order_no.len() > ORDER_NO_BYTES_MAX {
        return Err(Refusal::invalid(
            "order_no_long",
            "An order number has at most 128 bytes.",
            "订单号最长 128 字节。",
        ));
    }
    Ok(())
}

fn check_line(line: &LineIn) -> Result<(), Refusal> {
    if line.sku.len() > SKU_BYTES_MAX {
        return Err(Refusal::invalid("sku_long", "A product number has at most 128 bytes.", "商品编号最长 128 字节。")
            .field("sku"));
    }
    if line.title.as_ref().is_some_and(|title| title.len() > TITLE_BYTES_MAX) {
        return Err(Refusal::invalid(
            "title_long",
            "A product title has at most 2,000 bytes.",
            "商品名称最长 2000 字节。",
        )
        .field("title"));
    }
    if !(-QUANTITY_MILLI_MAX..=QUANTITY_MILLI_MAX).contains(&line.quantity_milli) {
        return Err(Refusal::invalid(
            "quantity_range",
            "The quantity is out of range (at most 1,000,000,000).",
            "数量超出范围（最多 10 亿）。",
        )
        .field("quantity"));
    }
    let limit = -Money::LIMIT_MINOR..=Money::LIMIT_MINOR;
    if !limit.contains(&line.amount_minor) {
        return Err(amount_overflow().field("amount"));
    }
    if line.price_minor.is_some_and(|price| !limit.contains(&price)) {
        return Err(amount_overflow().field("price"));
    }
    line.refund_of.as_deref().map_or(Ok(()), check_order_no).map_err(|refusal| refusal.field("refund_of"))
}

pub(crate) fn amount_overflow() -> Refusal {
    Refusal::invalid(
        "amount_overflow",
        "The amount is too large (at most 100,000,000,000,000 minor units).",
        "金额过大（最多 100 万亿个最小货币单位）。",
    )
}
pub(crate) fn too_many_lines() -> Refusal {
    Refusal::invalid(
        "too_many_lines",
        "An order has too many lines (10,000 in one call, 100,000 altogether).",
        "订单明细行过多（单次最多 10000 行，合计最多 100000 行）。",
    )
    .field("lines")
}
pub(crate) fn order_currency(was: Currency) -> Refusal {
    Refusal::conflict(
        "order_currency",
        format!("This order is kept in {}; an order has one currency.", was.code()),
        format!("该订单的币种是 {}，同一订单只能有一个币种。", was.code()),
    )
    .field("currency")
}
