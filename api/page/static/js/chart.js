export async function mount() {
  return { changed() {}, destroy() {} };
}
