//! WeCom (企业微信): what it sends us, and everything we ask of it.
pub mod assumptions;
mod call;
pub mod callback;
mod client;
pub mod codes;
mod error;
mod json;
mod limit;
mod page;
mod token;
mod transport;
mod wait;
pub use call::*; pub use client::*; pub use error::*; pub use limit::*; pub use page::*; pub use token::*; pub use transport::*; pub use wait::*;
