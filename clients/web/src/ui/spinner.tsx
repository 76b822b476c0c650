/** A small ring that turns while something is on its way. */
import "./spinner.css";

export function Spinner({ size = 16 }: { size?: number }) {
  return <span className="spinner" style={{ width: size, height: size }} aria-hidden="true" />;
}

/** Fills its container while a screen is being fetched. */
export function PageSpinner({ label }: { label: string }) {
  return (
    <div className="spinner-page" role="status" aria-label={label}>
      <Spinner size={28} />
    </div>
  );
}
