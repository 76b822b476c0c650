/** The mark: one who speaks, one who listens. */
export function Brand({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="#0f766e" />
      <circle cx="12.2" cy="16" r="6.2" fill="#fff" />
      <circle cx="20.6" cy="16" r="5" fill="none" stroke="#5eead4" strokeWidth="2.4" />
    </svg>
  );
}
