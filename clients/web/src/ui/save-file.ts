/** Lets the browser save something under a name. */
export function saveFile(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // Firefox starts to read it after the click.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
