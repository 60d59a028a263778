//! Addresses: where callbacks come from, where calls go to.

use super::answer;
use crate::call::Call;
use crate::client::Client;
use crate::error::Result;

const CALLBACK: Call = Call::get("getcallbackip");
const API: Call = Call::get("get_api_domain_ip");

answer!(List { ip_list: Vec<String> });

impl Client {
    /// Where callbacks come from, for a firewall; wildcards (`101.226.103.*`) occur. Read it daily.
    pub fn callback_addresses(&self) -> Result<Vec<String>> {
        self.get::<List>(&CALLBACK, &[]).map(|answer| answer.ip_list)
    }
    /// Where calls go to, for a firewall.
    pub fn api_addresses(&self) -> Result<Vec<String>> {
        self.get::<List>(&API, &[]).map(|answer| answer.ip_list)
    }
}
