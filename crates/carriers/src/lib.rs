//! The accounts of mail and SMS.
