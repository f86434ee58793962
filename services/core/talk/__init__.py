"""Turn-taking: who may speak, what is asked next, when it ends. Events in, actions out."""
