import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './app/App.svelte';
import { startTheme } from './app/theme';

startTheme();
const target = document.getElementById('app');
if (target) mount(App, { target });
