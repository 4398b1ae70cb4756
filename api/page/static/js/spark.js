export function spark() {}
