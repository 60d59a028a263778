//! Stores, products, orders, order lines and refunds.
//!
//! - **The shop's own numbers decide.** The same order, line, product or store named again changes nothing; named with other content
//!   it is corrected. Files may be imported again, in other pieces and in another row order.
//! - **Money** is a whole number of minor units with a currency; amounts of different currencies are never added.
//! - **A person is a number.** An order keeps the number it came in with; `root` is the person it counts for after merges, told by the
//!   layer above ([`recount`]).
//! - **Totals are kept in the same unit** as the lines they add up ([`drift`] compares them), so lists and boards read a few rows.
//!
//! Everything runs inside a unit of work and takes many rows at once.

mod book;
mod catalog;
mod customers;
mod daily;
mod deltas;
mod drift;
mod matching;
mod order;
mod order_list;
mod page;
mod place;
mod products;
mod recount;
mod spans;
mod stores;
mod totals;
mod write;

pub use catalog::{ProductIn, StoreIn, Upserted, put_products, put_stores};
pub use customers::{
    Customer, CustomerQuery, CustomerSort, StoreVisit, category_counts, customer_totals, customer_totals_in, customers,
    in_stores, person_stores,
};
pub use daily::{DayTotal, daily};
pub use drift::{Drift, drift};
pub use order::{Booked, LINES_MAX, LineIn, ORDER_NO_BYTES_MAX, OrderIn, Placed, QUANTITY_MILLI_MAX, Status, check};
pub use order_list::{LineRow, OrderQuery, OrderRow, StoreRef, order, orders, orders_of};
pub use page::{LIMIT_MAX, Page};
pub use place::{place, place_booked};
pub use products::{ProductQuery, ProductRow, products};
pub use recount::{detach, forget, recount, recount_all};
pub use spans::{Bought, Spent, bought_between, bought_between_in, spent_between};
pub use stores::{StoreQuery, StoreRow, stores};
pub use totals::{Totals, totals};

/// Tables of this crate.
pub const MIGRATIONS: &[siyu_db::Migration] =
    &[siyu_db::Migration { id: "commerce/0001_commerce", sql: include_str!("../migrations/0001_commerce.sql") }];
