//! What messages say, to the letter, and which one is next.

mod messages;
mod order;
mod sample;
mod secrets;
