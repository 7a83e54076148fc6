package subscribers

// FormKey marks the forms to subscribe, so that all processes with the same
// secret know each other's. It comes from the key for addresses, like which it
// never rotates; nothing that is hashed with that one is written like this.
func (k *Keys) FormKey() []byte { return mac(k.address, []byte("form key")) }
