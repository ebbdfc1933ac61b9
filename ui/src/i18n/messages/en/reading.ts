/** Reader, composer and search. */
export const reading = {
} as const;
