//! The engine in virtual time: str0m clients, a seeded network, and a worker between them.

mod client;
mod network;
mod payload;
mod seams;
mod told;
mod world;

mod bandwidth;
mod channels;
mod closing;
mod dynacast;
mod failing;
mod forgery;
mod hostile;
mod joining;
mod layers;
mod layout;
mod loss;
mod promises;
mod voices;
