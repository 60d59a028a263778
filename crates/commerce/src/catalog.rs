//! Products and stores: written by catalogue imports, and named by orders before anyone described them.

use crate::order::{OrderIn, SKU_BYTES_MAX, TITLE_BYTES_MAX};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use siyu_db::{DbError, Param, RowRef, Tx, params};
use siyu_kernel::{Currency, Money, Refusal, Time};

/// `None` leaves what is stored as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProductIn {
    pub sku: String,
    pub title: Option<String>,
    pub category: Option<String>,
    pub brand: Option<String>,
    pub price_minor: Option<i64>,
    pub currency: Option<Currency>,
    pub url: Option<String>,
    pub image: Option<String>,
    /// Anything else the shop says about it: a JSON object.
    pub properties: Option<serde_json::Map<String, serde_json::Value>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoreIn {
    pub code: String,
    pub name: Option<String>,
    pub region: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Upserted {
    pub new: usize,
    pub changed: usize,
    pub unchanged: usize,
}

/// The numbers of the stores and products that the orders of one call name.
pub(crate) struct Names<'a> {
    stores: FxHashMap<&'a str, i64>,
    products: FxHashMap<&'a str, i64>,
}

impl<'a> Names<'a> {
    /// Codes and skus nobody has described yet get a minimal row.
    pub fn load(tx: &mut Tx<'_>, orders: &'a [OrderIn], now: Time) -> Result<Self, Refusal> {
        let mut stores: FxHashMap<&str, i64> =
            orders.iter().filter_map(|order| order.store.as_deref()).map(|code| (code, 0)).collect();
        number(tx, "store", "code", &mut stores, |tx, missing| {
            let rows: Vec<[Param<'_>; 3]> =
                missing.iter().map(|code| [(*code).into(), (*code).into(), now.into()]).collect();
            tx.bulk("INSERT INTO store (code, name, created_at)", "ON CONFLICT (code) DO NOTHING", &rows)
        })?;
        let mut titles: FxHashMap<&str, &str> = FxHashMap::default();
        let mut products: FxHashMap<&str, i64> = FxHashMap::default();
        for line in orders.iter().flat_map(|order| &order.lines).filter(|line| !line.sku.is_empty()) {
            if products.insert(&line.sku, 0).is_none() {
                titles.insert(&line.sku, line.title.as_deref().unwrap_or(&line.sku));
            }
        }
        number(tx, "product", "sku", &mut products, |tx, missing| {
            let rows: Vec<[Param<'_>; 3]> =
                missing.iter().map(|sku| [(*sku).into(), titles[sku].into(), now.into()]).collect();
            tx.bulk("INSERT INTO product (sku, title, updated_at)", "ON CONFLICT (sku) DO NOTHING", &rows)
        })?;
        Ok(Self { stores, products })
    }
    pub fn store(&self, code: &str) -> Option<i64> {
        self.stores.get(code).copied()
    }
    pub fn product(&self, sku: &str) -> Option<i64> {
        if sku.is_empty() { None } else { self.products.get(sku).copied() }
    }
}

type Insert<'f> = &'f mut dyn FnMut(&mut Tx<'_>, &[&str]) -> Result<u64, DbError>;

fn number(
    tx: &mut Tx<'_>,
    table: &str,
    column: &str,
    names: &mut FxHashMap<&str, i64>,
    mut insert: impl FnMut(&mut Tx<'_>, &[&str]) -> Result<u64, DbError>,
) -> Result<(), Refusal> {
    let insert: Insert<'_> = &mut insert;
    let sql = format!("SELECT id, {column} FROM {table} WHERE {}", tx.any(column, 1));
    for round in 0..2 {
        let mut missing: Vec<&str> = names.iter().filter(|(_, id)| **id == 0).map(|(name, _)| *name).collect();
        if missing.is_empty() {
            return Ok(());
        }
        missing.sort_unstable();
        if round == 1 {
            insert(tx, &missing)?;
        }
        let wanted: Vec<String> = missing.iter().map(|name| (*name).to_owned()).collect();
        tx.each(&sql, params![&wanted], |row| {
            let name = row.text(1)?;
            if let Some(id) = names.get_mut(name.as_str()) {
                *id = row.int(0)?;
            }
            Ok(())
        })?;
    }
    // A row someone else inserted a moment ago, invisible in our snapshot: the next run sees it.
    match names.values().any(|id| *id == 0) {
        true => Err(DbError::Conflict(format!("a {table} was created at the same time")).into()),
        false => Ok(()),
    }
}

#[derive(Clone, PartialEq)]
struct Product {
    title: String,
    category: Option<String>,
    brand: Option<String>,
    price_minor: Option<i64>,
    currency: Option<String>,
    url: Option<String>,
    image: Option<String>,
    properties: String,
}

/// Writes what the catalogue says. A product named twice in one call: the later one wins, field by field.
///
/// Errors: `sku_empty`, `sku_long`, `title_long`, `amount_overflow`, with the field `products[i].…`.
pub fn put_products(tx: &mut Tx<'_>, products: &[ProductIn], now: Time) -> Result<Upserted, Refusal> {
    for (at, product) in products.iter().enumerate() {
        check_product(product).map_err(|refusal| {
            let field = refusal.field.clone().unwrap_or_default();
            refusal.field(format!("products[{at}].{field}"))
        })?;
    }
    let mut skus: Vec<String> = products.iter().map(|product| product.sku.clone()).collect();
    skus.sort_unstable();
    skus.dedup();
    let sql = format!(
        "SELECT sku, title, category, brand, price_minor, currency, url, image, properties FROM product WHERE {}",
        tx.any("sku", 1)
    );
    let stored: FxHashMap<String, Product> =
        tx.query(&sql, params![&skus], |row| Ok((row.text(0)?, stored_product(row)?)))?.into_iter().collect();
    let mut next = stored.clone();
    for product in products {
        next.entry(product.sku.clone()).and_modify(|row| merge(row, product)).or_insert_with(|| fresh(product));
    }
    let mut done = Upserted::default();
    let mut rows: Vec<[Param<'_>; 10]> = Vec::new();
    for sku in &skus {
        let row = &next[sku];
        match stored.get(sku) {
            Some(old) if old == row => done.unchanged += 1,
            Some(_) => done.changed += 1,
            None => done.new += 1,
        }
        if stored.get(sku) != Some(row) {
            rows.push([
                sku.into(),
                (&row.title).into(),
                (&row.category).into(),
                (&row.brand).into(),
                row.price_minor.into(),
                (&row.currency).into(),
                (&row.url).into(),
                (&row.image).into(),
                (&row.properties).into(),
                now.into(),
            ]);
        }
    }
    tx.bulk(
        "INSERT INTO product (sku, title, category, brand, price_minor, currency, url, image, properties, updated_at)",
        "ON CONFLICT (sku) DO UPDATE SET title = excluded.title, category = excluded.category, brand = excluded.brand,
           price_minor = excluded.price_minor, currency = excluded.currency, url = excluded.url, image = excluded.image,
           properties = excluded.properties, updated_at = excluded.updated_at",
        &rows,
    )?;
    Ok(done)
}

fn check_product(product: &ProductIn) -> Result<(), Refusal> {
    if product.sku.trim().is_empty() {
        return Err(Refusal::invalid("sku_empty", "A product needs its number (sku).", "商品编号（SKU）不能为空。")
            .field("sku"));
    }
    if product.sku.len() > SKU_BYTES_MAX {
        return Err(Refusal::invalid("sku_long", "A product number has at most 128 bytes.", "商品编号最长 128 字节。")
            .field("sku"));
    }
    if product.title.as_ref().is_some_and(|title| title.len() > TITLE_BYTES_MAX) {
        return Err(Refusal::invalid(
            "title_long",
            "A product title has at most 2,000 bytes.",
            "商品名称最长 2000 字节。",
        )
        .field("title"));
    }
    match product.price_minor {
        Some(price) if !(0..=Money::LIMIT_MINOR).contains(&price) => {
            Err(crate::order::amount_overflow().field("price"))
        }
        _ => Ok(()),
    }
}

fn stored_product(row: RowRef<'_>) -> Result<Product, DbError> {
    Ok(Product {
        title: row.text(1)?,
        category: row.opt_text(2)?,
        brand: row.opt_text(3)?,
        price_minor: row.opt_int(4)?,
        currency: row.opt_text(5)?,
        url: row.opt_text(6)?,
        image: row.opt_text(7)?,
        properties: row.text(8)?,
    })
}
fn fresh(product: &ProductIn) -> Product {
    let mut row = Product {
        title: product.sku.clone(),
        category: None,
        brand: None,
        price_minor: None,
        currency: None,
        url: None,
        image: None,
        properties: "{}".into(),
    };
    merge(&mut row, product);
    row
}
fn merge(row: &mut Product, product: &ProductIn) {
    let set = |to: &mut Option<String>, from: &Option<String>| {
        if from.is_some() {
            to.clone_from(from);
        }
    };
    if let Some(title) = &product.title {
        row.title.clone_from(title);
    }
    set(&mut row.category, &product.category);
    set(&mut row.brand, &product.brand);
    set(&mut row.url, &product.url);
    set(&mut row.image, &product.image);
    set(&mut row.currency, &product.currency.map(|currency| currency.code().to_owned()));
    row.price_minor = product.price_minor.or(row.price_minor);
    if let Some(properties) = &product.properties {
        row.properties = serde_json::Value::Object(properties.clone()).to_string();
    }
}

/// Errors: `store_code`, with the field `stores[i].code`.
pub fn put_stores(tx: &mut Tx<'_>, stores: &[StoreIn], now: Time) -> Result<Upserted, Refusal> {
    if let Some(at) = stores.iter().position(|store| store.code.trim().is_empty() || store.code.len() > 128) {
        let refusal =
            Refusal::invalid("store_code", "A store code has 1 to 128 bytes.", "门店编号长度应为 1 到 128 字节。");
        return Err(refusal.field(format!("stores[{at}].code")));
    }
    let mut codes: Vec<String> = stores.iter().map(|store| store.code.clone()).collect();
    codes.sort_unstable();
    codes.dedup();
    let sql = format!("SELECT code, name, region FROM store WHERE {}", tx.any("code", 1));
    let stored: FxHashMap<String, (String, Option<String>)> = tx
        .query(&sql, params![&codes], |row| Ok((row.text(0)?, (row.text(1)?, row.opt_text(2)?))))?
        .into_iter()
        .collect();
    let mut next = stored.clone();
    for store in stores {
        let row = next.entry(store.code.clone()).or_insert_with(|| (store.code.clone(), None));
        row.0 = store.name.clone().unwrap_or_else(|| row.0.clone());
        row.1 = store.region.clone().or_else(|| row.1.clone());
    }
    let mut done = Upserted::default();
    let mut rows: Vec<[Param<'_>; 4]> = Vec::new();
    for code in &codes {
        let row = &next[code];
        match stored.get(code) {
            Some(old) if old == row => done.unchanged += 1,
            Some(_) => done.changed += 1,
            None => done.new += 1,
        }
        if stored.get(code) != Some(row) {
            rows.push([code.into(), (&row.0).into(), (&row.1).into(), now.into()]);
        }
    }
    tx.bulk(
        "INSERT INTO store (code, name, region, created_at)",
        "ON CONFLICT (code) DO UPDATE SET name = excluded.name, region = excluded.region",
        &rows,
    )?;
    Ok(done)
}
