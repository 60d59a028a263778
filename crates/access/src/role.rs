//! Roles and what each may do. The table is fixed: a role means the same in every workspace.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $(#[serde(rename = $word)] $variant),+ }
        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some($name::$variant),)+ _ => None }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
pub(crate) use words;

words!(
    /// One thing that can be allowed. The names are part of the HTTP contract.
    Permission {
        PeopleRead "people.read",
        PeopleWrite "people.write",
        PeopleUnmask "people.unmask",
        PeopleErase "people.erase",
        PeopleExport "people.export",
        PeopleMerge "people.merge",
        TagsWrite "tags.write",
        EventsRead "events.read",
        SchemaWrite "schema.write",
        ImportRun "import.run",
        OrdersRead "orders.read",
        CommerceWrite "commerce.write",
        BoardsWrite "boards.write",
        AudiencesWrite "audiences.write",
        ChannelsWrite "channels.write",
        ExportsApprove "exports.approve",
        MessagesWrite "messages.write",
        GuidesWrite "guides.write",
        UsersManage "users.manage",
        KeysManage "keys.manage",
        AuditRead "audit.read",
        SettingsWrite "settings.write",
        HandoverRun "handover.run",
        LeadsManage "leads.manage",
    }
);

words!(
    /// What a user or an api key is.
    Role {
        Owner "owner",
        Operator "operator",
        Analyst "analyst",
        StoreManager "store_manager",
        Guide "guide",
        ReadOnly "read_only",
    }
);

impl Role {
    pub fn permissions(self) -> &'static [Permission] {
        use Permission::*;
        match self {
            Role::Owner => Permission::ALL,
            Role::Operator => &[
                PeopleRead,
                PeopleWrite,
                PeopleUnmask,
                PeopleExport,
                PeopleMerge,
                TagsWrite,
                EventsRead,
                SchemaWrite,
                ImportRun,
                OrdersRead,
                CommerceWrite,
                BoardsWrite,
                AudiencesWrite,
                ChannelsWrite,
                ExportsApprove,
                MessagesWrite,
                GuidesWrite,
                HandoverRun,
                LeadsManage,
            ],
            Role::Analyst => {
                &[PeopleRead, PeopleExport, TagsWrite, EventsRead, OrdersRead, BoardsWrite, AudiencesWrite]
            }
            Role::StoreManager => &[PeopleRead, PeopleWrite, PeopleUnmask, OrdersRead, HandoverRun, LeadsManage],
            Role::Guide => &[PeopleRead, PeopleWrite, OrdersRead],
            Role::ReadOnly => &[PeopleRead, EventsRead, OrdersRead],
        }
    }
    pub fn may(self, permission: Permission) -> bool {
        self.permissions().contains(&permission)
    }
    /// (Chinese, English)
    pub fn labels(self) -> (&'static str, &'static str) {
        match self {
            Role::Owner => ("所有者", "Owner"),
            Role::Operator => ("运营", "Operator"),
            Role::Analyst => ("分析师", "Analyst"),
            Role::StoreManager => ("店长", "Store manager"),
            Role::Guide => ("导购", "Guide"),
            Role::ReadOnly => ("只读", "Read only"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_owners_administer_and_nobody_has_more_than_an_owner() {
        use Permission::*;
        for role in Role::ALL {
            for permission in [PeopleErase, UsersManage, KeysManage, AuditRead, SettingsWrite] {
                assert_eq!(role.may(permission), *role == Role::Owner, "{role} {permission}");
            }
            assert_eq!(Role::parse(role.name()), Some(*role));
        }
        assert_eq!(Permission::parse("people.unmask"), Some(PeopleUnmask));
    }
}
