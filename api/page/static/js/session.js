export const current = () => null;
export const onChange = () => {};
