/** Where the gate of a measurement without a back end would look for its broker: the port of discard, where nobody listens. */
export const NO_BROKER_PORT = 9;
