//! One box for everything.

use crate::error::Answer;
use crate::gate::PeopleRead;
use crate::people_out::rows;
use crate::people_reader::{Reader, audience, read};
use crate::{App, Endpoints, Items, May, Query, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use siyu_access::Permission;
use siyu_audience::{Filter, Sort};
use siyu_commerce::{OrderQuery, ProductQuery, StoreQuery};
use siyu_db::Tx;
use siyu_kernel::Refusal;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(search)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// A person's identifier in full or part of a name; the beginning of an order number; part of a product, store or tag.
    q: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct SearchHit {
    #[schema(value_type = crate::words::HitTypeName)]
    r#type: &'static str,
    /// A person's or tag's id, an order number, a sku, a store's code.
    id: String,
    title: String,
    subtitle: Option<String>,
}

/// Hits of each type.
const EACH: usize = 5;
const QUERY_CHARS_MAX: usize = 200;

/// Finds people, orders, products, stores and tags.
///
/// 全局搜索：客户、订单、商品、门店、标签。
///
/// Up to five of each; people are shown with hidden values hidden. Errors: `query_long`.
#[utoipa::path(get, path = "/search", tag = "Home", params(SearchQuery), responses((status = 200, body = Items<SearchHit>)))]
async fn search(
    may: May<PeopleRead>,
    Query(query): Query<SearchQuery>,
    State(app): State<App>,
) -> Answer<Json<Items<SearchHit>>> {
    let caller = may.caller;
    let q = query.q.unwrap_or_default().trim().to_owned();
    if q.is_empty() {
        return Ok(Json(Items::all(Vec::new())));
    }
    if q.chars().count() > QUERY_CHARS_MAX {
        let en = "A search has up to 200 characters.";
        return Err(Refusal::invalid("query_long", en, "搜索内容最多 200 个字符。").field("q").into());
    }
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let mut hits = people(app, tx, &reader, &q)?;
            if caller.may(Permission::OrdersRead) {
                shop(app, tx, &reader, &q, &mut hits)?;
            }
            tags(app, tx, &q, &mut hits)?;
            Ok(Items::all(hits))
        })
    });
    answer.await.map(Json)
}

fn people(app: &App, tx: &mut Tx<'_>, reader: &Reader, q: &str) -> Result<Vec<SearchHit>, Refusal> {
    let filter = Filter { q: Some(q.to_owned()), ..Filter::default() };
    let found = audience(app).list(tx, &filter, Sort::default(), None, EACH, &reader.scope, &reader.ctx)?;
    let hit = |row: crate::people_out::PersonRow| {
        let mut shown = row.identifiers.iter().map(|identifier| identifier.value.clone());
        let title = row.name.clone().or_else(|| shown.next()).unwrap_or_else(|| row.id.clone());
        let rest: Vec<String> = shown.take(2).collect();
        SearchHit { r#type: "person", id: row.id, title, subtitle: (!rest.is_empty()).then(|| rest.join(" · ")) }
    };
    Ok(rows(app, tx, reader, &found.people)?.into_iter().map(hit).collect())
}

fn shop(app: &App, tx: &mut Tx<'_>, reader: &Reader, q: &str, hits: &mut Vec<SearchHit>) -> Result<(), Refusal> {
    let (stores, currency) = (reader.stores(), reader.ctx.currency);
    let own = reader.own_people(app, tx)?;
    let orders = OrderQuery { q: Some(q), stores, persons: own.as_deref(), limit: EACH, ..OrderQuery::default() };
    hits.extend(siyu_commerce::orders(tx, &orders)?.items.into_iter().map(|order| {
        let day: String = reader.ctx.zone.local(order.at).chars().take(10).collect();
        let place = order.store.map(|store| format!(" · {}", store.name)).unwrap_or_default();
        SearchHit { r#type: "order", id: order.order_no.clone(), title: order.order_no, subtitle: Some(day + &place) }
    }));
    let products = ProductQuery { currency, q: Some(q), category: None, limit: EACH, after: None };
    hits.extend(siyu_commerce::products(tx, &products)?.items.into_iter().map(|product| {
        let category = product.category.map(|category| format!(" · {category}")).unwrap_or_default();
        let subtitle = Some(product.sku.clone() + &category);
        SearchHit { r#type: "product", id: product.sku, title: product.title, subtitle }
    }));
    let wanted = StoreQuery { currency, q: Some(q), region: None, stores, limit: EACH, after: None };
    hits.extend(siyu_commerce::stores(tx, &wanted)?.items.into_iter().map(|store| {
        let region = store.region.map(|region| format!(" · {region}")).unwrap_or_default();
        let subtitle = Some(store.code.clone() + &region);
        SearchHit { r#type: "store", id: store.code, title: store.name, subtitle }
    }));
    Ok(())
}

fn tags(app: &App, tx: &mut Tx<'_>, q: &str, hits: &mut Vec<SearchHit>) -> Result<(), Refusal> {
    let part = q.to_lowercase();
    let named = app.people.tags(tx)?.into_iter().filter(|tag| tag.name.to_lowercase().contains(&part));
    hits.extend(named.take(EACH).map(|tag| SearchHit {
        r#type: "tag",
        id: tag.id,
        title: tag.name,
        subtitle: Some(tag.group),
    }));
    Ok(())
}
