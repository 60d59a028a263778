//! Who may call a handler: the type of its first argument.
//!
//! - [`May<P>`]: a signed-in user, or an api key, whose role has the permission. Dereferences to the [`Caller`].
//! - [`Anyone`]: any signed-in user or api key.
//! - [`InSession`]: a user in a browser session (own password, signing out).
//! - [`Public`]: everybody. Writing calls are still refused to foreign web pages.
//!
//! The gate also writes `x-permission` into the API document, which the endpoint test walks.

use crate::auth;
pub use crate::auth::Caller;
use crate::{ApiError, App};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use siyu_access::{Permission, Session};
use siyu_kernel::Refusal;
use std::marker::PhantomData;
use std::ops::Deref;

/// A type that may stand first in a handler's arguments.
pub trait Gate {
    /// What `x-permission` says: a permission's name, `signed_in`, `session`, or `public`.
    const NAME: &'static str;
}

/// A permission as a type.
pub trait Right: Send + Sync + 'static {
    const PERMISSION: Permission;
}

macro_rules! rights {
    ($($name:ident),+ $(,)?) => { $(
        #[doc = concat!("The permission `", stringify!($name), "`, for [`May`].")]
        pub struct $name;
        impl Right for $name { const PERMISSION: Permission = Permission::$name; }
    )+ };
}
rights!(
    PeopleRead,
    PeopleWrite,
    PeopleUnmask,
    PeopleErase,
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
    UsersManage,
    KeysManage,
    AuditRead,
    SettingsWrite,
    HandoverRun,
    LeadsManage,
);

/// Proof that the caller has the permission `P`.
pub struct May<P: Right> {
    pub caller: Caller,
    right: PhantomData<P>,
}

impl<P: Right> Gate for May<P> {
    const NAME: &'static str = P::PERMISSION.name();
}

impl<P: Right> Deref for May<P> {
    type Target = Caller;
    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl<P: Right> FromRequestParts<App> for May<P> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = auth::caller(parts, app).await?;
        caller.must(P::PERMISSION)?;
        Ok(Self { caller, right: PhantomData })
    }
}

/// Any signed-in user or api key.
pub struct Anyone(pub Caller);
impl Gate for Anyone {
    const NAME: &'static str = "signed_in";
}
impl Deref for Anyone {
    type Target = Caller;
    fn deref(&self) -> &Caller {
        &self.0
    }
}
impl FromRequestParts<App> for Anyone {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Ok(Self(auth::caller(parts, app).await?))
    }
}

/// A user in a browser session.
pub struct InSession {
    pub caller: Caller,
    pub session: Session,
}
impl Gate for InSession {
    const NAME: &'static str = "session";
}
impl FromRequestParts<App> for InSession {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = auth::caller(parts, app).await?;
        match caller.session.clone() {
            Some(session) => Ok(Self { caller, session }),
            None => Err(Refusal::forbidden(
                "session_only",
                "This call is for signed-in users; a key cannot make it.",
                "该接口仅供登录用户使用，不能用密钥调用。",
            )
            .into()),
        }
    }
}

/// Everybody; a call that writes must not come from another site's page.
pub struct Public;
impl Gate for Public {
    const NAME: &'static str = "public";
}
impl FromRequestParts<App> for Public {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        auth::same_site(parts, app)?;
        Ok(Self)
    }
}
