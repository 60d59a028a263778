//! Pictures made and read here.
//!
//! Nouns: **code** – the modules of a QR; **raster** – a decoded picture; **design** – what a poster looks like, with places for a QR, a
//! logo and texts; **poster** – a design with its texts filled in, drawn.
//!
//! Invariants
//! - A picture from outside is measured before it is decoded: no more memory than its limits allow.
//! - The same design with the same values is the same file, byte for byte: the fonts are in the program.
//! - The fonts are unpacked while somebody draws, and not kept.
//!
//! This crate knows no databases, no network, and nothing of who is on a poster.

mod code;
mod design;
mod draw;
mod font;
mod layout;
mod raster;
mod read;

pub use code::{Code, TooLong};
pub use design::{Align, Design, Field, Place, QrPlace, TextPlace, Wrong};
pub use draw::{Filled, Pictures, poster};
pub use font::Fonts;
pub use raster::{Fault, Limits, Raster, grey};
pub use read::{ReadFault, read_qr};
