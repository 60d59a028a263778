//! Interactive cards. Which parts a card may have depends on its `card_type`; WeCom says so when they do not fit.

use serde::{Deserialize, Serialize};

/// `card_type`: text_notice, news_notice, button_interaction, vote_interaction, multiple_interaction. `task_id` is needed for interactive
/// kinds and menus, and must be new for each card of the app.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateCard {
    pub card_type: String,
    pub task_id: Option<String>,
    pub source: Option<CardSource>,
    pub action_menu: Option<CardMenu>,
    pub main_title: Option<CardTitle>,
    pub quote_area: Option<CardQuote>,
    pub emphasis_content: Option<CardTitle>,
    pub sub_title_text: Option<String>,
    pub card_image: Option<CardImage>,
    pub image_text_area: Option<CardImageText>,
    /// At most four.
    pub vertical_content_list: Option<Vec<CardTitle>>,
    /// At most six.
    pub horizontal_content_list: Option<Vec<CardRow>>,
    /// At most three.
    pub jump_list: Option<Vec<CardJump>>,
    pub card_action: Option<CardJump>,
    pub button_selection: Option<CardSelect>,
    /// At most six.
    pub button_list: Option<Vec<CardButton>>,
    pub checkbox: Option<CardCheckbox>,
    pub submit_button: Option<CardKey>,
    /// At most three.
    pub select_list: Option<Vec<CardSelect>>,
    /// When a card is replaced: what its buttons show instead.
    pub replace_text: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardSource {
    pub icon_url: Option<String>,
    pub desc: Option<String>,
    /// 0 grey, 1 black, 2 red, 3 green.
    pub desc_color: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardMenu {
    pub desc: Option<String>,
    /// One to three.
    pub action_list: Vec<CardKey>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardKey {
    pub text: String,
    pub key: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardTitle {
    pub title: Option<String>,
    pub desc: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardQuote {
    /// 0 nothing, 1 address, 2 mini-program.
    #[serde(rename = "type")]
    pub kind: Option<i64>,
    pub url: Option<String>,
    pub appid: Option<String>,
    pub pagepath: Option<String>,
    pub title: Option<String>,
    pub quote_text: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardImage {
    pub url: String,
    /// 1.3 to 2.25.
    pub aspect_ratio: Option<f64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardImageText {
    #[serde(rename = "type")]
    pub kind: Option<i64>,
    pub url: Option<String>,
    pub appid: Option<String>,
    pub pagepath: Option<String>,
    pub title: Option<String>,
    pub desc: Option<String>,
    pub image_url: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardRow {
    /// 0 nothing, 1 address, 2 file, 3 employee.
    #[serde(rename = "type")]
    pub kind: Option<i64>,
    pub keyname: String,
    pub value: Option<String>,
    pub url: Option<String>,
    pub media_id: Option<String>,
    pub userid: Option<String>,
}

/// Where a line or the whole card leads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardJump {
    /// 1 address, 2 mini-program.
    #[serde(rename = "type")]
    pub kind: Option<i64>,
    pub title: Option<String>,
    pub url: Option<String>,
    pub appid: Option<String>,
    pub pagepath: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardButton {
    /// 0 calls back, 1 opens the address.
    #[serde(rename = "type")]
    pub kind: Option<i64>,
    pub text: String,
    /// 1 to 4.
    pub style: Option<i64>,
    pub key: Option<String>,
    pub url: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardSelect {
    pub question_key: String,
    pub title: Option<String>,
    pub selected_id: Option<String>,
    /// At most ten.
    pub option_list: Vec<CardOption>,
    pub disable: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardOption {
    pub id: String,
    pub text: String,
    pub is_checked: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CardCheckbox {
    pub question_key: String,
    /// At most twenty.
    pub option_list: Vec<CardOption>,
    /// 0 one, 1 several.
    pub mode: Option<i64>,
    pub disable: Option<bool>,
}
