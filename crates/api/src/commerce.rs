//! Orders, products and stores.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::{CommerceWrite, OrdersRead};
use crate::people_reader::{Reader, audience, note, read, write};
use crate::{App, At, Body, Endpoints, Items, May, Paging, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_commerce::{LineRow, OrderQuery, OrderRow, ProductQuery, ProductRow, Status, StoreIn, StoreQuery, StoreRow};
use siyu_db::{Tx, params};
use siyu_kernel::{Currency, Refusal, Time};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(orders, order, products, stores, put_store)
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OrderOut {
    pub order_no: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// The person it counts for now.
    pub person_id: Option<String>,
    pub store: Option<OrderStore>,
    #[schema(value_type = String)]
    pub currency: Currency,
    /// Sum of the sale lines, in minor units.
    pub amount: i64,
    /// Money given back for this order, positive.
    pub refunded: i64,
    /// paid, partly_refunded, refunded or refund_only.
    #[schema(value_type = crate::words::OrderStatusName)]
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<OrderLine>>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OrderStore {
    pub code: String,
    pub name: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OrderLine {
    pub line_no: Option<i64>,
    pub sku: String,
    pub title: String,
    /// Negative on refund lines.
    #[schema(value_type = f64)]
    pub quantity: Value,
    /// Of one piece, in minor units.
    pub price: Option<i64>,
    pub amount: i64,
    pub refund: bool,
}

#[derive(Serialize, ToSchema)]
struct ProductOut {
    sku: String,
    title: String,
    category: Option<String>,
    brand: Option<String>,
    /// In minor units of `currency`.
    price: Option<i64>,
    currency: String,
    /// Pieces, gross. null for readers of some stores: sales are kept per product for the whole brand.
    #[schema(value_type = Option<f64>)]
    sold: Option<Value>,
    /// Gross, in minor units of the workspace currency. null like `sold`.
    revenue: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StoreOut {
    code: String,
    name: String,
    region: Option<String>,
    orders: i64,
    /// Gross, in minor units of the workspace currency.
    revenue: i64,
    people: i64,
}

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct OrderListQuery {
    /// The beginning of the order number.
    q: Option<String>,
    /// A store's code.
    store: Option<String>,
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Time>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Time>,
    /// paid, partly_refunded, refunded or refund_only.
    status: Option<String>,
}

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ProductListQuery {
    /// A part of sku or title.
    q: Option<String>,
    category: Option<String>,
}

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct StoreListQuery {
    /// A part of code or name.
    q: Option<String>,
    region: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StorePut {
    name: String,
    region: Option<String>,
}

/// Thousandths as a number: whole when it is.
fn pieces(milli: i64) -> Value {
    if milli % 1000 == 0 { Value::from(milli / 1000) } else { Value::from(milli as f64 / 1000.0) }
}

fn line_out(line: LineRow) -> OrderLine {
    OrderLine {
        line_no: line.line_no,
        sku: line.sku,
        title: line.title,
        quantity: pieces(line.quantity_milli),
        price: line.price_minor,
        amount: line.amount_minor,
        refund: line.refund,
    }
}

pub(crate) fn order_out(app: &App, row: OrderRow) -> OrderOut {
    OrderOut {
        order_no: row.order_no,
        at: row.at,
        person_id: row.root.map(|root| app.people.id(root)),
        store: row.store.map(|store| OrderStore { code: store.code, name: store.name }),
        currency: row.currency,
        amount: row.amount,
        refunded: row.refunded,
        status: row.status,
        lines: row.lines.map(|lines| lines.into_iter().map(line_out).collect()),
    }
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// Lists orders, newest first, without their lines.
///
/// 订单列表，新的在前。
///
/// Errors: `status_unknown`, `page_token`.
#[utoipa::path(get, path = "/orders", tag = "Commerce", params(OrderListQuery, PagingParams), responses((status = 200, body = Items<OrderOut>)))]
async fn orders(
    may: May<OrdersRead>,
    Query(query): Query<OrderListQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<OrderOut>>> {
    let caller = may.caller;
    let status = given(&query.status).map(|name| Status::parse(name).ok_or_else(unknown_status)).transpose()?;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let own = reader.own_people(app, tx)?;
            let wanted = OrderQuery {
                q: given(&query.q),
                store: given(&query.store),
                from: query.from,
                to: query.to,
                status,
                persons: own.as_deref(),
                stores: reader.stores(),
                limit: page.limit,
                after: page.after.as_deref(),
            };
            let found = siyu_commerce::orders(tx, &wanted)?;
            Ok(Items::new(found.items.into_iter().map(|row| order_out(app, row)).collect(), found.next))
        })
    });
    answer.await.map(Json)
}

fn unknown_status() -> Refusal {
    let en = "The status is one of: paid, partly_refunded, refunded, refund_only.";
    Refusal::invalid("status_unknown", en, "订单状态为 paid、partly_refunded、refunded 或 refund_only。")
        .field("status")
}

/// Shows one order with its lines.
///
/// 订单详情（含明细）。
///
/// Errors: `order_unknown`.
#[utoipa::path(get, path = "/orders/{order_no}", tag = "Commerce", params(("order_no" = String, Path)), responses((status = 200, body = OrderOut)))]
async fn order(may: May<OrdersRead>, At(order_no): At<String>, State(app): State<App>) -> Answer<Json<OrderOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let found = siyu_commerce::order(tx, &order_no, reader.stores())?;
            let unknown = || Refusal::not_found("order_unknown", "There is no such order.", "没有找到该订单。");
            let found = found.ok_or_else(unknown)?;
            if matches!(reader.scope, siyu_audience::Scope::Staff { .. }) {
                let mine = match found.root {
                    Some(root) => audience(app).visible(tx, root, &reader.scope)?,
                    None => false,
                };
                if !mine {
                    return Err(unknown());
                }
            }
            Ok(order_out(app, found))
        })
    });
    answer.await.map(Json)
}

/// Lists products by sku with what was sold.
///
/// 商品列表及销量。
#[utoipa::path(get, path = "/products", tag = "Commerce", params(ProductListQuery, PagingParams), responses((status = 200, body = Items<ProductOut>)))]
async fn products(
    may: May<OrdersRead>,
    Query(query): Query<ProductListQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<ProductOut>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let currency = reader.ctx.currency;
            let wanted = ProductQuery {
                currency,
                q: given(&query.q),
                category: given(&query.category),
                limit: page.limit,
                after: page.after.as_deref(),
            };
            let found = siyu_commerce::products(tx, &wanted)?;
            let whole = reader.stores().is_none();
            let out = found.items.into_iter().map(|row| product_out(row, currency, whole));
            Ok(Items::new(out.collect(), found.next))
        })
    });
    answer.await.map(Json)
}

fn product_out(row: ProductRow, currency: Currency, whole: bool) -> ProductOut {
    ProductOut {
        sku: row.sku,
        title: row.title,
        category: row.category,
        brand: row.brand,
        price: row.price_minor,
        currency: row.currency.unwrap_or_else(|| currency.code().to_owned()),
        sold: whole.then(|| pieces(row.sold_milli)),
        revenue: whole.then_some(row.revenue),
    }
}

fn store_out(row: StoreRow) -> StoreOut {
    let StoreRow { code, name, region, orders, revenue, people, .. } = row;
    StoreOut { code, name, region, orders, revenue, people }
}

/// Lists stores by code with what they sold.
///
/// 门店列表及业绩。
#[utoipa::path(get, path = "/stores", tag = "Commerce", params(StoreListQuery, PagingParams), responses((status = 200, body = Items<StoreOut>)))]
async fn stores(
    may: May<OrdersRead>,
    Query(query): Query<StoreListQuery>,
    page: Paging,
    State(app): State<App>,
) -> Answer<Json<Items<StoreOut>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let wanted = StoreQuery {
                currency: reader.ctx.currency,
                q: given(&query.q),
                region: given(&query.region),
                stores: reader.stores(),
                limit: page.limit,
                after: page.after.as_deref(),
            };
            let found = siyu_commerce::stores(tx, &wanted)?;
            Ok(Items::new(found.items.into_iter().map(store_out).collect(), found.next))
        })
    });
    answer.await.map(Json)
}

/// Names a store and its region; makes it when it is new.
///
/// 设置门店名称与区域，不存在则新建。
///
/// Errors: `store_name`, `store_code`, `store_unknown` for readers of some stores when it is not one of theirs.
#[utoipa::path(put, path = "/stores/{code}", tag = "Commerce", params(("code" = String, Path)), request_body = StorePut, responses((status = 200, body = StoreOut)))]
async fn put_store(
    may: May<CommerceWrite>,
    At(code): At<String>,
    State(app): State<App>,
    Body(input): Body<StorePut>,
) -> Answer<Json<StoreOut>> {
    let caller = may.caller;
    let name = input.name.trim().to_owned();
    let region = given(&input.region).map(str::to_owned);
    for (field, text) in [("name", Some(&name)), ("region", region.as_ref())] {
        checked_name(field, text)?;
    }
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let reader = Reader::new(app, tx, &caller)?;
            if reader.stores().is_some_and(|codes| !codes.contains(&code)) {
                return Err(Refusal::not_found("store_unknown", "There is no such store.", "没有该门店。"));
            }
            let store = StoreIn { code: code.clone(), name: Some(name.clone()), region: region.clone() };
            siyu_commerce::put_stores(tx, std::slice::from_ref(&store), app.now())
                .map_err(|error| error.field("code"))?;
            if region.is_none() {
                tx.execute("UPDATE store SET region = NULL WHERE code = $1", params![&code])?;
            }
            note(app, tx, &caller, "store.change", &code, &json!({ "name": name, "region": region }))?;
            one_store(tx, reader.ctx.currency, &code)
        })
    });
    answer.await.map(Json)
}

fn checked_name(field: &str, text: Option<&String>) -> Result<(), Refusal> {
    let wrong =
        text.is_some_and(|text| text.is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control));
    let refusal =
        || Refusal::invalid("store_name", "A name has 1 to 100 characters.", "名称为 1 到 100 个字符。").field(field);
    if wrong { Err(refusal()) } else { Ok(()) }
}

fn one_store(tx: &mut Tx<'_>, currency: Currency, code: &str) -> Result<StoreOut, Refusal> {
    let codes = [code.to_owned()];
    let wanted = StoreQuery { currency, q: None, region: None, stores: Some(&codes), limit: 1, after: None };
    let found = siyu_commerce::stores(tx, &wanted)?.items.pop();
    found.map(store_out).ok_or_else(|| Refusal::internal("a store that was just saved is not there"))
}
