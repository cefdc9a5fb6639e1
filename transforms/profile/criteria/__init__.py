"""Who may enter: floors of activity, failed treatment, washouts, antibodies, organ function, contraception."""
