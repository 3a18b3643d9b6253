"""A second opinion about a suggestion, from a language-model service. Nothing of it runs unless somebody names one."""
