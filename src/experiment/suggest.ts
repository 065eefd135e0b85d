export { nearest as suggest } from '../search/nearest.js';
