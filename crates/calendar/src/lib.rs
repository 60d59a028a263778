//! Days that come back every year, by the calendar or by the moon, and the festivals brands live by.
//!
//! - **Lunar**: a day of the Chinese calendar (农历). A leap month has no birthdays of its own: who was born in one is celebrated in the month of the same
//!   number. The 30th of a month that has 29 days is kept on its 29th.
//! - **Returns**: how many days each day of the year is away from today.
//! - **Festival**: one of China's, or one of those shops live by, and its day in a year.
//!
//! Known are the years 1901 to 2099, as ICU knows them. No clock, no zone: whoever asks says which day it is.

mod festival;
mod lunar;
mod returns;

pub use festival::Festival;
pub use lunar::{Lunar, lunar};
pub use returns::{Returns, Yearly};
