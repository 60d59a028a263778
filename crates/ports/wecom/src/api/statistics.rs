//! Figures WeCom keeps about employees and groups. Times are the beginnings of days in China; the last 180 days, 30 at a time.

use super::{answer, at_most, not_empty};
use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, Kind, Result, Retry};
use serde::{Deserialize, Serialize};
use serde_json::json;

const BEHAVIOUR: Call = Call::post("externalcontact/get_user_behavior_data");
const BY_OWNER: Call = Call::post("externalcontact/groupchat/statistic");
const BY_DAY: Call = Call::post("externalcontact/groupchat/statistic_group_by_day");

/// One day of all employees asked for together. Ready the next morning ([`crate::assumptions::STATISTICS_HOUR`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Behaviour {
    pub stat_time: i64,
    pub chat_cnt: i64,
    pub message_cnt: i64,
    /// Percent; absent on a day without chats.
    pub reply_percentage: Option<f64>,
    /// Minutes.
    pub avg_reply_time: Option<f64>,
    /// Customers who removed or blocked the employee.
    pub negative_feedback_cnt: i64,
    pub new_apply_cnt: i64,
    pub new_contact_cnt: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupFigures {
    pub new_chat_cnt: i64,
    pub chat_total: i64,
    pub chat_has_msg: i64,
    pub new_member_cnt: i64,
    pub member_total: i64,
    pub member_has_msg: i64,
    pub msg_total: i64,
    pub migrate_trainee_chat_cnt: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnerFigures {
    pub owner: String,
    pub data: GroupFigures,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DayFigures {
    pub stat_time: i64,
    pub data: GroupFigures,
}

answer!(Behaviours { behavior_data: Vec<Behaviour> });
answer!(Owners { total: i64, next_offset: i64, items: Vec<OwnerFigures> });
answer!(Days { items: Vec<DayFigures> });

impl Client {
    /// Summed over the ids (at most 100 of each): ask for one employee to get that employee's figures.
    pub fn behaviour(&self, userids: &[String], parties: &[i64], start: i64, end: i64) -> Result<Vec<Behaviour>> {
        not_empty(&BEHAVIOUR, "userid and partyid", userids.is_empty() && parties.is_empty())?;
        at_most(&BEHAVIOUR, "userid", userids.len(), 100)?;
        at_most(&BEHAVIOUR, "partyid", parties.len(), 100)?;
        window(&BEHAVIOUR, start, end)?;
        let (users, parties) = ((!userids.is_empty()).then_some(userids), (!parties.is_empty()).then_some(parties));
        let body = json!({"userid": users, "partyid": parties, "start_time": start, "end_time": end});
        self.post::<Behaviours>(&BEHAVIOUR, &body).map(|answer| answer.behavior_data)
    }
    /// One row per owner of at most 100, summed over the days.
    pub fn group_figures(&self, owners: &[String], start: i64, end: i64) -> Result<Vec<OwnerFigures>> {
        check_owners(&BY_OWNER, owners, start, end)?;
        let mut all = Vec::new();
        let mut offset = 0;
        loop {
            let body = json!({"day_begin_time": start, "day_end_time": end, "owner_filter": {"userid_list": owners},
                "order_by": 1, "order_asc": 0, "offset": offset, "limit": 1000});
            let answer: Owners = self.post(&BY_OWNER, &body)?;
            all.extend(answer.items);
            if answer.next_offset >= answer.total {
                return Ok(all);
            }
            if answer.next_offset <= offset {
                let detail = "the next page begins where this one began";
                return Err(Error::new(BY_OWNER.path, Kind::CursorRepeats, Retry::AfterMs(60_000), detail));
            }
            offset = answer.next_offset;
        }
    }
    /// One row per day, summed over the owners.
    pub fn group_figures_by_day(&self, owners: &[String], start: i64, end: i64) -> Result<Vec<DayFigures>> {
        check_owners(&BY_DAY, owners, start, end)?;
        let body = json!({"day_begin_time": start, "day_end_time": end, "owner_filter": {"userid_list": owners}});
        self.post::<Days>(&BY_DAY, &body).map(|answer| answer.items)
    }
}

fn check_owners(call: &Call, owners: &[String], start: i64, end: i64) -> Result<()> {
    not_empty(call, "owner_filter", owners.is_empty())?;
    at_most(call, "owner_filter", owners.len(), 100)?;
    window(call, start, end)
}

fn window(call: &Call, start: i64, end: i64) -> Result<()> {
    if end < start || end - start > 30 * 86_400 {
        return Err(Error::invalid(call.path, "the range is negative or longer than 30 days"));
    }
    Ok(())
}
