// Fetches the numbers: the manifest names the set that is whole, the set holds everything.

export class NoNumbers extends Error {}

export async function load(sample) {
  const root = sample ? "sample/" : "";
  const answer = await fetch(`${root}manifest.json`, { cache: "no-cache" });
  if (answer.status === 404 || answer.status === 403) throw new NoNumbers();
  if (!answer.ok) throw new Error(`manifest ${answer.status}`);
  const manifest = await answer.json();
  const file = await fetch(`${root}${manifest.files.overview}`);
  if (!file.ok) throw new Error(`overview ${file.status}`);
  return { manifest, overview: await file.json() };
}
