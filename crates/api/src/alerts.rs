//! Alerts of lost customers: what was pushed to whom, and the settings.

use crate::error::Answer;
use crate::gate::{PeopleRead, SettingsWrite};
use crate::people_reader::{Reader, note, read, sees, write};
use crate::people_tags::number_after;
use crate::reply::page_of;
use crate::{App, Body, Endpoints, Items, May, Paging, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_contacts::{AlertPush, AlertQuery, AlertSettings};
use siyu_kernel::Time;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(list, settings, change)
}

#[derive(Serialize, ToSchema)]
struct AlertPushOut {
    /// A userid.
    receiver: String,
    name: String,
    /// `waiting`, `sending`, `sent` or `failed`.
    state: String,
    #[schema(value_type = String, format = DateTime)]
    due_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    sent_at: Option<Time>,
    error: Option<String>,
}

impl From<AlertPush> for AlertPushOut {
    fn from(own: AlertPush) -> Self {
        let AlertPush { receiver, name, state, due_at, sent_at, error } = own;
        Self { receiver, name, state, due_at, sent_at, error }
    }
}

#[derive(Serialize, ToSchema)]
struct AlertOut {
    id: String,
    #[schema(value_type = String, format = DateTime)]
    at: Time,
    /// Only of people the reader may see.
    person: Option<String>,
    name: String,
    staff: String,
    staff_name: String,
    /// `customer`, `staff` or `unknown`.
    by: String,
    /// How long they were friends.
    days: i64,
    pushes: Vec<AlertPushOut>,
}

/// Lists alerts of lost customers, newest first, each with whom it was pushed to. Readers limited to some stores see their staff's.
///
/// 流失提醒记录：推送给谁、是否送达；仅看部分门店的用户只看到本门店员工的提醒。
#[utoipa::path(get, path = "/wecom/alerts", tag = "Staff", params(crate::extract::PagingParams), responses((status = 200, body = Items<AlertOut>)))]
async fn list(may: May<PeopleRead>, page: Paging, State(app): State<App>) -> Answer<Json<Items<AlertOut>>> {
    let (caller, before) = (may.caller, number_after(page.after.as_deref())?);
    let answer = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let query = AlertQuery { only: reader.staff(tx)?, before, limit: page.limit as i64 };
            let rows = app.contacts.alerts(tx, &query)?;
            let next = rows.last().filter(|_| rows.len() == page.limit).map(|row| row.id.to_string());
            let mut people = Vec::with_capacity(rows.len());
            for row in &rows {
                people.push(if sees(app, tx, &reader, row.num)? { Some(app.people.id(row.num)) } else { None });
            }
            let mut people = people.into_iter();
            Ok(page_of(rows, next, |row| AlertOut {
                id: row.id.to_string(),
                at: row.at,
                person: people.next().flatten(),
                name: row.name,
                staff: row.staff,
                staff_name: row.staff_name,
                by: row.by,
                days: row.days,
                pushes: row.pushes.into_iter().map(AlertPushOut::from).collect(),
            }))
        })
    });
    answer.await.map(Json)
}

#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AlertSettingsBody {
    /// Whether anything is pushed. Alerts are written down in any case.
    on: bool,
    /// To the member of staff who lost the customer.
    staff: bool,
    /// To those who lead the departments of that member.
    managers: bool,
    /// Also when the member deleted the customer: to the managers.
    by_staff: bool,
    /// Also when nobody knows who ended it.
    unknown: bool,
    /// Hours of the day, 0 to 23, between which nothing is pushed. Equal: never quiet.
    quiet_from: i64,
    quiet_to: i64,
    /// The console's address, put under messages; empty for none.
    link: String,
}

impl From<AlertSettings> for AlertSettingsBody {
    fn from(own: AlertSettings) -> Self {
        let AlertSettings { on, staff, managers, by_staff, unknown, quiet_from, quiet_to, link } = own;
        Self { on, staff, managers, by_staff, unknown, quiet_from, quiet_to, link }
    }
}
impl From<AlertSettingsBody> for AlertSettings {
    fn from(own: AlertSettingsBody) -> Self {
        let AlertSettingsBody { on, staff, managers, by_staff, unknown, quiet_from, quiet_to, link } = own;
        Self { on, staff, managers, by_staff, unknown, quiet_from, quiet_to, link }
    }
}

/// Shows what is pushed to whom when a customer is lost.
///
/// 流失提醒设置。
#[utoipa::path(get, path = "/wecom/alerts/settings", tag = "Staff", responses((status = 200, body = AlertSettingsBody)))]
async fn settings(_: May<PeopleRead>, State(app): State<App>) -> Answer<Json<AlertSettingsBody>> {
    let own = app.run(|app| app.db.read(|tx| app.contacts.alert_settings(tx))).await?;
    Ok(Json(own.into()))
}

/// Changes what is pushed to whom when a customer is lost.
///
/// 修改流失提醒设置。
///
/// Errors: `wecom_alert_setting`.
#[utoipa::path(put, path = "/wecom/alerts/settings", tag = "Staff", request_body = AlertSettingsBody, responses((status = 200, body = AlertSettingsBody)))]
async fn change(
    may: May<SettingsWrite>,
    State(app): State<App>,
    Body(input): Body<AlertSettingsBody>,
) -> Answer<Json<AlertSettingsBody>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let own = app.contacts.set_alerts(tx, input.clone().into())?;
            note(app, tx, &caller, "wecom.alerts", "alerts", &json!({ "on": own.on }))?;
            Ok(own)
        })
    });
    Ok(Json(answer.await?.into()))
}
